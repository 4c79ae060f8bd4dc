"""The documentation site: guides, reference and gallery, built by ``make site``.

The pages are those of the repository; ``make site`` copies them to ``build/pages`` in the same
places, so that links between them work in both. This directory adds the start page, and pages of
the gallery that are written with the directives of ``fsm.sphinx``.
"""

project = "fsm"
author = "the authors of fsm"
copyright = "the authors of fsm, MIT licence"  # noqa: A001 - the name of the setting

extensions = ["fsm.sphinx", "myst_parser"]
nitpicky = True
suppress_warnings = ["misc.highlighting_failure"]  # outputs of commands are not always a console's
myst_enable_extensions = ["html_image"]
myst_heading_anchors = 4

html_theme = "furo"
html_title = "fsm"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_js_files = ["site.js"]
html_favicon = "_static/logo.svg"
html_copy_source = False
html_show_sphinx = False
html_show_search_summary = False  # the summaries are fetched, which no browser allows for files
html_theme_options = {
    "light_logo": "logo.svg",
    "dark_logo": "logo-dark.svg",
    "light_css_variables": {
        "color-brand-primary": "#005a8e",
        "color-brand-content": "#005a8e",
        "color-code-background": "#f5f7f9",
    },
    "dark_css_variables": {"color-brand-primary": "#56b4e9", "color-brand-content": "#56b4e9"},
}
pygments_style = "a11y-high-contrast-light"
pygments_dark_style = "a11y-high-contrast-dark"
