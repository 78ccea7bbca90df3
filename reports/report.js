// Sorts tables by a click or a key on their headings, and shows the gallery. Without it
// tables stay as printed.
(function () {
  "use strict";
  function measure(text) {
    var found = text.replace(/\u2212/g, "-").match(/[-+]?\d+(?:\.\d+)?(?:e[-+]?\d+)?/i);
    return found ? parseFloat(found[0]) : NaN;
  }
  function compare(one, other) {
    var a = measure(one), b = measure(other);
    if (isNaN(a) !== isNaN(b)) { return isNaN(a) ? 1 : -1; }
    return isNaN(a) || a === b ? one.localeCompare(other, "en") : a - b;
  }
  function arrange(table, rows, column, direction) {
    var sorted = rows.slice();
    if (direction !== "none") {
      var sign = direction === "ascending" ? 1 : -1;
      var words = table.tHead.rows[0].cells[column].className === "left";
      sorted.sort(function (a, b) {
        var x = a.cells[column].textContent, y = b.cells[column].textContent;
        if (words) { return sign * x.localeCompare(y, "en", { numeric: true }); }
        var blank = isNaN(measure(x)) || isNaN(measure(y));
        return blank ? compare(x, y) : sign * compare(x, y);
      });
    }
    table.classList.toggle("sorted", direction !== "none");
    sorted.forEach(function (row) { table.tBodies[0].appendChild(row); });
  }
  var next = { none: "descending", descending: "ascending", ascending: "none" };
  document.querySelectorAll("table").forEach(function (table) {
    var rows = Array.from(table.tBodies[0].rows);
    if (rows.length < 3) { return; }
    var heads = Array.from(table.tHead.rows[0].cells);
    heads.forEach(function (head, column) {
      var button = document.createElement("button");
      button.type = "button";
      button.title = "Sort by this column";
      button.textContent = head.textContent;
      head.textContent = "";
      head.appendChild(button);
      head.setAttribute("aria-sort", "none");
      button.addEventListener("click", function () {
        var direction = next[head.getAttribute("aria-sort")];
        heads.forEach(function (each) { each.setAttribute("aria-sort", "none"); });
        head.setAttribute("aria-sort", direction);
        arrange(table, rows, column, direction);
      });
    });
  });
})();

(function () {
  "use strict";
  function make(kind, parent, properties) {
    return parent.appendChild(Object.assign(document.createElement(kind), properties || {}));
  }
  function unfold(text) {
    var left = 0;
    return text.split(",").map(function (part, k) {
      var number = part === "" ? 0 : parseInt(part, 36);
      left = k === 0 ? number : left - number;
      return left;
    });
  }
  function pixels(picture) {
    var canvas = document.createElement("canvas");
    canvas.width = picture.naturalWidth;
    canvas.height = picture.naturalHeight;
    var context = canvas.getContext("2d", { willReadFrequently: true });
    context.drawImage(picture, 0, 0);
    var data = context.getImageData(0, 0, canvas.width, canvas.height).data;
    return { data: data, width: canvas.width, height: canvas.height };
  }
  function open(code) {
    if (!code) { return Promise.resolve(null); }
    var picture = new Image();
    picture.src = "data:image/png;base64," + code;
    return picture.decode().then(function () { return picture; });
  }
  function outline(mask) {
    var inside = [];
    var w = mask.width, h = mask.height, at = function (x, y) { return mask.data[4 * (y * w + x)] > 127; };
    for (var y = 0; y < h; y += 1) {
      for (var x = 0; x < w; x += 1) {
        var edge = x === 0 || y === 0 || x === w - 1 || y === h - 1 ||
          !(at(x - 1, y) && at(x + 1, y) && at(x, y - 1) && at(x, y + 1));
        if (at(x, y) && edge) { inside.push([x, y]); }
      }
    }
    return inside;
  }
  function share(part, whole) { return whole ? (part / whole).toFixed(3) : "\u2013"; }

  document.querySelectorAll("figure.gallery").forEach(function (figure) {
    var content = JSON.parse(figure.querySelector("script").textContent);
    var controls = make("div", figure, { className: "controls" });
    var label = make("label", controls, { textContent: "Image " });
    var select = make("select", label);
    content.pictures.forEach(function (picture, k) {
      make("option", select, { value: String(k), textContent: picture.label });
    });
    var back = make("button", controls, { type: "button", textContent: "Previous" });
    var on = make("button", controls, { type: "button", textContent: "Next" });
    label = make("label", controls, { textContent: "Threshold " });
    var slider = make("input", label, { type: "range", min: "0", max: "100", step: "1" });
    slider.value = String(content.threshold);
    var shown = make("output", label);
    label = make("label", controls);
    var raw = make("input", label, { type: "checkbox" });
    label.append(" whole map");
    var grid = make("div", figure, { className: "maps" });
    var cells = ["Input and mask"].concat(content.entries).map(function (name) {
      var cell = make("div", grid);
      var canvas = make("canvas", cell);
      canvas.setAttribute("role", "img");
      make("div", cell, { className: "name", textContent: name });
      return { canvas: canvas, name: name, counts: make("div", cell, { className: "counts" }) };
    });
    var palette = content.palette.map(function (code) {
      return [0, 2, 4].map(function (k) { return parseInt(code.slice(k, k + 2), 16); });
    });
    var held = null;

    function layer(level, threshold) {
      if (raw.checked) { return level > 100 ? [153, 153, 153, 255] : palette[level].concat(255); }
      return level <= 100 && level >= threshold ? [230, 120, 0, 150] : [0, 0, 0, 0];
    }
    function paint(cell, index, threshold) {
      var canvas = cell.canvas, w = held.mask.width, h = held.mask.height;
      canvas.width = w;
      canvas.height = h;
      var context = canvas.getContext("2d");
      context.fillStyle = "#000";
      context.fillRect(0, 0, w, h);
      if (held.image) { context.drawImage(held.image, 0, 0, w, h); }
      if (index >= 0) {
        var tall = held.maps.height / content.entries.length, wide = held.maps.width;
        var small = document.createElement("canvas");
        small.width = wide;
        small.height = tall;
        var picture = small.getContext("2d").createImageData(wide, tall);
        for (var k = 0; k < wide * tall; k += 1) {
          picture.data.set(layer(held.maps.data[4 * (index * wide * tall + k)], threshold), 4 * k);
        }
        small.getContext("2d").putImageData(picture, 0, 0);
        context.imageSmoothingEnabled = false;
        context.drawImage(small, 0, 0, w, h);
      }
      context.fillStyle = "#fff";
      held.edge.forEach(function (place) { context.fillRect(place[0], place[1], 1, 1); });
    }
    function tell(cell, index, threshold) {
      var text, facts = held.facts;
      if (index < 0) {
        text = facts.lesion + " lesion, " + facts.healthy + " healthy pixels";
      } else if (!facts.marked[index]) {
        text = "no scores";
      } else {
        var hits = held.marked[index][0][threshold], wrong = held.marked[index][1][threshold];
        text = "sens. " + share(hits, facts.lesion) + ", spec. " +
          share(facts.healthy - wrong, facts.healthy) + "; marked " + hits + " + " + wrong;
      }
      cell.counts.textContent = text;
      cell.canvas.setAttribute("aria-label", cell.name + ": " + text);
    }
    function draw() {
      var threshold = Number(slider.value);
      shown.textContent = (threshold / 100).toFixed(2);
      if (!held) { return; }
      cells.forEach(function (cell, k) {
        paint(cell, k - 1, threshold);
        tell(cell, k - 1, threshold);
      });
    }
    function show() {
      var chosen = Number(select.value), facts = content.pictures[chosen];
      back.disabled = chosen === 0;
      on.disabled = chosen === content.pictures.length - 1;
      return Promise.all([open(facts.image), open(facts.mask), open(facts.maps)]).then(function (all) {
        if (Number(select.value) !== chosen) { return; }
        var mask = pixels(all[1]);
        held = {
          facts: facts, image: all[0], mask: mask, maps: pixels(all[2]), edge: outline(mask),
          marked: facts.marked.map(function (pair) { return pair && pair.map(unfold); })
        };
        draw();
        figure.dataset.shown = facts.label;
      });
    }
    function step(by) {
      select.value = String(Number(select.value) + by);
      show();
    }
    back.addEventListener("click", function () { step(-1); });
    on.addEventListener("click", function () { step(1); });
    select.addEventListener("change", show);
    slider.addEventListener("input", draw);
    raw.addEventListener("change", draw);
    show();
  });
})();
