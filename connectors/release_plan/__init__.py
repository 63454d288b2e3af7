"""The forms a release plan is published in, each read into the same rows."""
