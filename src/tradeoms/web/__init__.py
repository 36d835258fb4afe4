"""The web app as it is served: files that tools/web_build.py makes from web/."""
