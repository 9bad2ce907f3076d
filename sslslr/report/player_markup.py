"""What the skeleton player shows and runs in the browser: the controls of a clip, and the script (PLAYER_ID is its element)."""

import html

from sslslr.report.figures import BLUE, COLOURS

KEYS = 'data-lm-suppress-shortcuts="true"'  # on whatever can have the focus: JupyterLab leaves its keys alone
NOTE = (
    '<p class="sign-note" style="font-size:90%">This moves, and its buttons appear, once its script may run. In JupyterLab run the cell (Shift+Enter), '
    "or trust the notebook: View, Activate Command Palette, <em>Trust Notebook</em>.</p>"
)
THUMB = 8  # pixels from the bar's end to the middle of its thumb, where frame 0 and the last frame are


def figure(words: str, clip: dict, size: int) -> str:
    """Picture and controls of one clip: ``words`` say what it is, ``clip`` is what the script gets of it."""
    words, last = html.escape(words), clip["frames"] - 1
    marks, notes = "", []
    for key, kind, top, colour, look in (
        ("stroke", "true", 0, COLOURS["stroke"], "{}"),
        ("estimated", "estimated", 7, BLUE, "repeating-linear-gradient(90deg,{} 0 4px,transparent 4px 6px)"),
    ):
        if clip.get(key):
            start, end = (100 * min(max(f / max(last, 1), 0), 1) for f in clip[key])
            place = f"position:absolute;top:{top}px;height:5px;left:{start:.1f}%;width:{end - start:.1f}%;background:{look.format(colour)}"
            marks += f'<div data-mark="{kind}" style="{place}"></div>'
            notes.append(f"{kind} stroke: frames {clip[key][0]:.0f} to {clip[key][1]:.0f}")
    notes = notes or ["its boundaries are not known"]
    legend = "".join(f'<span style="color:{colour}" aria-hidden="true">&#9646;</span>{note}<br>' for colour, note in zip(
        [COLOURS["stroke"]] * bool(clip.get("stroke")) + [BLUE] * bool(clip.get("estimated")) or ["#767676"], notes, strict=True))  # fmt: skip
    speeds = "".join(f'<option value="{s}"{" selected" if s == 1 else ""}>{s}x</option>' for s in (0.25, 0.5, 1, 2))
    over = f'<button type="button" {KEYS} data-do="overlay" aria-pressed="true">Overlay</button>' if clip.get("overlay") else ""
    return (
        f'<figure style="margin:0;width:{size}px;max-width:100%;font:13px system-ui,sans-serif">'
        f'<figcaption style="min-height:2.6em">{words}</figcaption>'
        f'<div role="group" tabindex="0" {KEYS} aria-label="Skeleton player: {words}. Space plays, arrow keys step, M mirrors">'
        f'<canvas width="{2 * size}" height="{2 * size}" role="img" aria-label="Moving skeleton: {words}; {"; ".join(notes)}"'
        f' style="box-sizing:border-box;width:100%;aspect-ratio:1;background:#fff;border:1px solid #8888;border-radius:4px"></canvas>'
        f'<div style="position:relative;height:12px;margin:2px {THUMB}px 0">{marks}</div>'
        f'<input type="range" {KEYS} min="0" max="{last}" value="0" step="1" aria-label="Frame" style="width:100%;margin:0 0 4px">'
        f'<div style="display:flex;flex-wrap:wrap;gap:6px;align-items:center"><button type="button" {KEYS} data-do="play">Play</button>'
        f'<button type="button" {KEYS} data-do="mirror" aria-pressed="false">Mirror</button>{over}'
        f'<select {KEYS} aria-label="Speed">{speeds}</select><output aria-live="off">0 / {last}</output></div></div>'
        f'<div style="font-size:12px">{legend}</div></figure>'
    )


REVEAL = r"""  var above = root.closest(".jp-OutputArea-child");
  above = above && above.previousElementSibling && above.previousElementSibling.querySelector(".jp-RenderedImage");
  if (above) above.style.display = "none";
  root.querySelector(".sign-note").hidden = true;
  root.querySelector(".sign-live").style.display = "";
"""  # the script runs: no note, and no still picture in the output above
SCRIPT = r"""
(function () {
  "use strict";
  var root = document.getElementById("PLAYER_ID");
  if (!root) return;
REVEAL
  var data = JSON.parse(root.querySelector('script[type="application/json"]').textContent);
  var colours = { left_hand: "#0072B2", right_hand: "#E69F00" };
  var calm = window.matchMedia && matchMedia("(prefers-reduced-motion: reduce)").matches;
  root.querySelectorAll("figure").forEach(function (figure, k) {
    var clip = data.clips[k], last = clip.frames - 1, canvas = figure.querySelector("canvas"), pen = canvas.getContext("2d");
    var slider = figure.querySelector("input"), speed = figure.querySelector("select"), said = figure.querySelector("output");
    var button = {}, frame = 0, mirrored = false, over = true, timer = null, size = canvas.width;
    figure.querySelectorAll("button").forEach(function (b) { button[b.dataset.do] = b; });

    function skeleton(points, pale) {
      data.edges.forEach(function (edge) {
        var a = 2 * edge[0], b = 2 * edge[1];
        if (points[a] < 0 || points[b] < 0) return;
        pen.strokeStyle = pale ? "#b5b5b5" : colours[edge[2]] || "#444444";
        pen.lineWidth = edge[2] in colours ? size / 200 : size / 140;
        pen.beginPath();
        pen.moveTo(points[a] / data.steps * size, points[a + 1] / data.steps * size);
        pen.lineTo(points[b] / data.steps * size, points[b + 1] / data.steps * size);
        pen.stroke();
      });
    }
    function inside(stroke) { return stroke && frame >= stroke[0] && frame <= stroke[1]; }
    function draw() {
      pen.setTransform(1, 0, 0, 1, 0, 0);
      pen.fillStyle = "#ffffff";
      pen.fillRect(0, 0, size, size);
      if (mirrored) pen.setTransform(-1, 0, 0, 1, size, 0);
      pen.lineCap = "round";
      if (clip.overlay && over) skeleton(clip.overlay[Math.round(frame / Math.max(last, 1) * (clip.overlay.length - 1))], true);
      skeleton(clip.points[frame], false);
      said.textContent = frame + " / " + last + (inside(clip.stroke || clip.estimated) ? ", stroke" : "");
      slider.value = frame;
      slider.setAttribute("aria-valuetext", "frame " + said.textContent + (clip.timed ? ", " + (frame / clip.fps).toFixed(2) + " s" : ""));
    }
    function show(next) { frame = Math.min(Math.max(next, 0), last); draw(); }
    function stop() {
      clearInterval(timer);
      timer = null;
      button.play.textContent = "Play";
    }
    function start() {
      stop();
      button.play.textContent = "Pause";
      if (frame === last) show(0);
      timer = setInterval(function () {
        if (!document.body.contains(root)) return stop();
        if (frame === last && calm) return stop();
        show(frame === last ? 0 : frame + 1);
      }, 1000 / clip.fps / Number(speed.value));
    }
    var act = {
      play: function () { if (timer) stop(); else start(); },
      mirror: function () { mirrored = !mirrored; button.mirror.setAttribute("aria-pressed", String(mirrored)); draw(); },
      overlay: function () { over = !over; button.overlay.setAttribute("aria-pressed", String(over)); draw(); }
    };
    Object.keys(button).forEach(function (name) { button[name].addEventListener("click", act[name]); });
    speed.addEventListener("change", function () { if (timer) start(); });
    slider.addEventListener("input", function () { stop(); show(Number(slider.value)); });
    figure.querySelector("[role=group]").addEventListener("keydown", function (event) {
      var on = event.target, key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
      if (event.ctrlKey || event.altKey || event.metaKey || on.tagName === "SELECT") return;
      var step = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 }[key];
      if (key === " " && on.tagName !== "BUTTON") act.play();
      else if (step && on !== slider) { stop(); show(frame + step); }
      else if (key === "Home" || key === "End") { stop(); show(key === "Home" ? 0 : last); }
      else if (key === "m") act.mirror();
      else if (key === "o" && button.overlay) act.overlay();
      else return;
      event.preventDefault();
    });
    draw();
  });
})();
""".replace("REVEAL\n", REVEAL)
