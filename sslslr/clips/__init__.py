"""Clips of signing: their container, landmark layouts, who is held out, and where the stroke begins and ends."""
