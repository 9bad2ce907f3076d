"""What the skeleton player runs in the browser; PLAYER_ID is replaced by the name of its element."""

SCRIPT = r"""
(function () {
  "use strict";
  var root = document.getElementById("PLAYER_ID");
  if (!root) return;
  var data = JSON.parse(root.querySelector('script[type="application/json"]').textContent);
  var colours = { left_hand: "#0072B2", right_hand: "#E69F00" };
  root.querySelectorAll("figure").forEach(function (figure, k) {
    var clip = data.clips[k], canvas = figure.querySelector("canvas"), pen = canvas.getContext("2d");
    var slider = figure.querySelector("input"), play = figure.querySelectorAll("button")[0], flip = figure.querySelectorAll("button")[1];
    var speed = figure.querySelector("select"), said = figure.querySelector("output");
    var frame = 0, mirrored = false, timer = null, size = canvas.width;

    function draw() {
      var points = clip.points[frame];
      pen.setTransform(1, 0, 0, 1, 0, 0);
      pen.fillStyle = "#ffffff";
      pen.fillRect(0, 0, size, size);
      if (mirrored) pen.setTransform(-1, 0, 0, 1, size, 0);
      pen.lineCap = "round";
      data.edges.forEach(function (edge) {
        var a = 2 * edge[0], b = 2 * edge[1];
        if (points[a] < 0 || points[b] < 0) return;
        pen.strokeStyle = colours[edge[2]] || "#444444";
        pen.lineWidth = edge[2] in colours ? size / 200 : size / 140;
        pen.beginPath();
        pen.moveTo(points[a] / data.steps * size, points[a + 1] / data.steps * size);
        pen.lineTo(points[b] / data.steps * size, points[b + 1] / data.steps * size);
        pen.stroke();
      });
      var phase = clip.stroke && frame >= clip.stroke[0] && frame <= clip.stroke[1] ? ", stroke" : "";
      said.textContent = frame + " / " + (clip.frames - 1) + phase;
      slider.value = frame;
    }
    function stop() {
      clearInterval(timer);
      timer = null;
      play.textContent = "Play";
    }
    function start() {
      stop();
      play.textContent = "Pause";
      timer = setInterval(function () {
        if (!document.body.contains(root)) return stop();
        frame = (frame + 1) % clip.frames;
        draw();
      }, 1000 / clip.fps / Number(speed.value));
    }
    play.addEventListener("click", function () { if (timer) stop(); else start(); });
    flip.addEventListener("click", function () {
      mirrored = !mirrored;
      flip.setAttribute("aria-pressed", String(mirrored));
      draw();
    });
    speed.addEventListener("change", function () { if (timer) start(); });
    slider.addEventListener("input", function () { stop(); frame = Number(slider.value); draw(); });
    draw();
  });
})();
"""
