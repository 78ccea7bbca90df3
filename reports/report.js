// Sorts tables by a click or a key on their headings. Without it they stay as printed.
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
