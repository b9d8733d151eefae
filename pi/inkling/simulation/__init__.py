"""The paper simulator: digits, letters, signs and scribbles in many hands, on paper, under every light, with the truth.

From the pen to the photo: `strokes` and `signs` (what is written), `writing` (with which pen), `layout` (where on the
page), `surfaces` and `paper` (on what, in which light), `scenes` (the picture), `conditions` (which kinds there are).
With `penwork`, `outliers` makes glyphs that are no digits; `scoring` holds a reader's answers beside the truth.
"""
