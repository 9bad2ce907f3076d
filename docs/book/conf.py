"""Sphinx configuration of the book. ``sslslr site`` copies this folder, puts a reproduction's results beside it, and builds."""

project = "SSL-SLR companion"
author = "The sslslr authors"
extensions = [
    "myst_nb",
    "sphinx_design",
    "sphinx_exercise",
    "sphinx_togglebutton",
    "sphinxcontrib.bibtex",
    "sphinx.ext.autodoc",
    "sslslr.report.site.extension",
]
exclude_patterns = ["_doctrees", "source"]  # source: notebooks as they are, to download
myst_enable_extensions = ["amsmath", "colon_fence", "dollarmath"]
myst_heading_anchors = 3

nb_execution_mode = "off"  # the notebooks were executed by `make reproduce`
nb_ipywidgets_js = {}  # else the theme asks two other hosts for scripts
nb_code_prompt_show = "Show the code"
nb_code_prompt_hide = "Hide the code"
nb_merge_streams = True
nb_number_source_lines = False
nb_render_markdown_format = "myst"

autodoc_member_order = "bysource"
bibtex_bibfiles = ["references.bib"]
bibtex_default_style = "plain"
bibtex_reference_style = "label"

toc_object_entries = False

html_theme = "sphinx_book_theme"
html_math_renderer = "mathml"
html_show_search_summary = False  # it would fetch pages, which a browser refuses for files
html_copy_source = False
html_use_index = False
html_domain_indices = False
html_context = {"default_mode": "auto"}
templates_path = ["_templates"]
html_static_path = ["_static"]
html_css_files = ["book.css"]
html_js_files = [("book.js", {"defer": "defer"})]
html_theme_options = {
    "navbar_persistent": [],
    "home_page_in_toc": True,
    "search_bar_text": "Search the book",
    "use_download_button": False,
    "show_navbar_depth": 1,
    "max_navbar_depth": 1,
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
}
