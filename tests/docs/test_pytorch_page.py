"""The page for users of PyTorch, from its first block to its last."""

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

PAGE = Path(__file__).parents[2] / "docs" / "pytorch.md"
BLOCK = re.compile(r"^```(python|bash)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def run(language, code, names):
    if language == "python":
        exec(compile(code, str(PAGE), "exec"), names)
        return
    paths = str(Path(sys.executable).parent), os.environ["PATH"]
    environment = {**os.environ, "PATH": os.pathsep.join(paths)}
    subprocess.run(
        ["bash", "-euo", "pipefail", "-c", code], check=True, env=environment
    )


@pytest.mark.filterwarnings("default")  # of other libraries
def test_the_page_leads_to_reports(tmp_path, monkeypatch):
    pytest.importorskip("torch", reason="the page needs PyTorch")
    monkeypatch.chdir(tmp_path)
    names = {"__name__": "__main__"}
    for language, code in BLOCK.findall(PAGE.read_text(encoding="utf-8")):
        if "pytorch_grad_cam" in code:
            try:
                import pytorch_grad_cam  # noqa: F401  as the block does
            except ImportError:
                continue
        run(language, code, names)
    for name in ("report.pdf", "torch.pdf", "report-all.pdf"):
        assert Path(name).read_bytes().startswith(b"%PDF")
    assert list(names["maps"]) == ["cam@0", "grad_cam@0.1", "grad_cam@0", "hr_cam"]
    scored = names["hrcam"].score(
        {"ours": names["maps"]["cam@0"], "page": np.stack(_read("cam")[40:])},
        names["masks"][40:],
    )
    ours, theirs = (scored.values_of(name, "auroc")[1::2] for name in ("cam@0", "page"))
    np.testing.assert_allclose(ours, theirs, atol=1e-6)
    assert ours.mean() > 0.8


def _read(method):
    return [np.load(file) for file in sorted(Path("maps", method).glob("*.npy"))]
