"""Which functions and records the Python reference shows."""

#: Section: module: its members.
API: dict[str, dict[str, tuple[str, ...]]] = {
    "The five stages": {
        "hrcam": ("generate", "train", "explain", "score", "report", "run"),
        "hrcam.pipeline.running": ("Settings",),
        "hrcam.pipeline.exporting": ("export",),
        "hrcam.engine.training": ("Training",),
    },
    "Recipes": {"simbench.recipe": ("load", "parse", "build", "names", "Recipe")},
    "Phantoms": {
        "simbench.phantoms": ("draw", "take", "changed", "Sample"),
        "simbench.exams": ("examine", "Exam"),
        "simbench.interventions": ("intervene", "Interventions"),
    },
    "Datasets and views": {
        "simbench.dataset": ("Dataset", "generate", "open_dataset"),
        "simbench.views": ("view", "samples", "View"),
        "hrcam.engine.views": ("Batches", "tensorflow_dataset"),
        "simbench.manifest": ("verify",),
    },
    "Difficulty": {
        "simbench.difficulty.amplitude": ("amplitude_for",),
        "simbench.difficulty.cnr": ("contrast", "retention", "Contrast"),
        "simbench.difficulty.ideal": ("ideal", "nonprewhitening", "divergence"),
        "simbench.difficulty.channelized": (
            "laguerre_gauss",
            "observed",
            "hotelling",
            "Channelized",
        ),
        "simbench.difficulty.location": ("area", "found", "area_unknown"),
        "simbench.difficulty.columns": ("columns",),
    },
    "Leak audit": {
        "simbench.audit": ("audit", "keep_budget", "table", "auroc_interval"),
    },
    "What kinds are made of": {
        "simbench.body": ("Body", "Anatomy"),
        "simbench.scene": ("Scene", "Change", "Lesion", "effect"),
        "simbench.additive": ("Additive", "strengths", "added"),
        "simbench.geometry.regions": ("Shape", "places", "softness"),
        "simbench.streams": ("stream", "Stream"),
        "simbench.noises.noise": ("Noise",),
        "simbench.artifacts.artifact": ("Artifact", "Plan"),
        "simbench.confounders.confounder": ("Confounder", "Layer"),
        "simbench.exports.export": ("Export", "batches"),
        "hrcam.methods.method": ("Method",),
        "hrcam.capture": ("Capture", "Layer"),
    },
    "Scores and reports": {
        "metrics": (
            "score",
            "Scores",
            "ScoreOptions",
            "Score",
            "sweep",
            "Sweep",
        ),
        "metrics.scores.score": ("Compared",),
        "metrics.scores.evaluation": ("compare", "evaluate", "Evaluated"),
        "metrics.scores.table": ("choose_scores",),
        "metrics.counting.truth": ("Truth",),
        "metrics.normalization.table": ("Normalization", "choose_normalizations"),
        "metrics.checks.checking": ("check",),
        "metrics.checks.doubt": ("Doubt",),
        "metrics.studies.seeds": ("compare_seeds",),
        "metrics.studies.planning": ("plan",),
        "metrics.storage.folder": ("read", "write"),
        "reports": ("write",),
    },
}
