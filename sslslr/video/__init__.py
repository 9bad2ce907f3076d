"""The other road, from pixels: signing rendered with known truth, an encoder of tubelets that learns sign priors, real video (notebook 18)."""
