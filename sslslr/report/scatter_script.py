"""What the interactive map runs in the browser; MAP_ID is replaced by the name of its element."""

from sslslr.report.player_markup import REVEAL

SCRIPT = r"""
(function () {
  "use strict";
  var root = document.getElementById("MAP_ID");
  if (!root) return;
REVEAL
  var data = JSON.parse(root.querySelector('script[type="application/json"]').textContent);
  var bytes = Uint8Array.from(atob(data.frames), function (c) { return c.charCodeAt(0); });
  var svg = root.querySelector("svg"), canvas = root.querySelector("canvas"), pen = canvas.getContext("2d");
  var said = root.querySelector("output"), which = root.querySelectorAll("select")[0], colour = root.querySelectorAll("select")[1];
  var parts = { left_hand: "#0072B2", right_hand: "#E69F00" }, palette = data.palette;
  var size = canvas.width, per = 2 * data.joints, timer = null, frame = 0, shown = -1;

  function draw(clip) {
    var at = (data.start[clip] + frame) * per;
    pen.fillStyle = "#ffffff";
    pen.fillRect(0, 0, size, size);
    pen.lineCap = "round";
    data.edges.forEach(function (edge) {
      var a = at + 2 * edge[0], b = at + 2 * edge[1];
      if (bytes[a] === 255 || bytes[b] === 255) return;
      pen.strokeStyle = parts[edge[2]] || "#444444";
      pen.lineWidth = edge[2] in parts ? size / 200 : size / 140;
      pen.beginPath();
      pen.moveTo(bytes[a] / 254 * size, bytes[a + 1] / 254 * size);
      pen.lineTo(bytes[b] / 254 * size, bytes[b + 1] / 254 * size);
      pen.stroke();
    });
    root.dataset.frame = frame;
  }
  function play(clip) {
    clearInterval(timer);
    circles.forEach(function (c, i) { c.setAttribute("stroke", i === clip ? "#000000" : "none"); });
    shown = clip;
    frame = 0;
    said.textContent = data.glosses[data.label[clip]] + " · " + data.unit + " " + data.signers[data.signer[clip]] + " · " + data.clips[clip];
    draw(clip);
    timer = setInterval(function () {
      if (!document.body.contains(root)) return clearInterval(timer);
      frame = (frame + 1) % (data.start[clip + 1] - data.start[clip]);
      draw(clip);
    }, 1000 / data.fps);
  }
  function paint() {
    circles.forEach(function (c, i) {
      var mine = data.label[i] === data.marked;
      c.setAttribute("fill", colour.value === "gloss" ? (mine ? "#D55E00" : "#9a9a9a") : palette[data.signer[i] % palette.length]);
      c.setAttribute("fill-opacity", colour.value === "gloss" && !mine ? 0.5 : 0.85);
    });
  }
  function place() {
    var points = data.maps[which.value];
    circles.forEach(function (c, i) {
      c.setAttribute("cx", points[2 * i]);
      c.setAttribute("cy", points[2 * i + 1]);
    });
  }
  var circles = data.label.map(function (_, i) {
    var c = document.createElementNS("http://www.w3.org/2000/svg", "circle");
    c.setAttribute("r", 7);
    c.setAttribute("role", "img");
    c.setAttribute("data-lm-suppress-shortcuts", "true");
    c.setAttribute("tabindex", i === 0 ? 0 : -1);
    c.setAttribute("aria-label", data.glosses[data.label[i]] + ", " + data.unit + " " + data.signers[data.signer[i]]);
    ["mouseenter", "focus"].forEach(function (event) { c.addEventListener(event, function () { play(i); }); });
    c.addEventListener("keydown", function (event) {
      var step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      if (!step) return;
      event.preventDefault();
      circles[(i + step + circles.length) % circles.length].focus();
    });
    svg.appendChild(c);
    return c;
  });
  which.addEventListener("change", place);
  colour.addEventListener("change", paint);
  place();
  paint();
})();
""".replace("REVEAL\n", REVEAL)
