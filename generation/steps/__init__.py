"""The steps of one video, one module each. A step is one public function of values and ports that gives a frozen value."""
