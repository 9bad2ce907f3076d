"""Pose extraction (the paper's section 6.2, its first step): video in, MediaPipe landmarks out.

``sslslr extract VIDEOS OUT`` does it for a folder; ``clips.read_folder(OUT)`` reads the result.
"""
