"""The build: reads the catalogue, decides what must be made anew, makes it on all processors, and hands it over."""
