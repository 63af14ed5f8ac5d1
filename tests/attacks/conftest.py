from tests.web.site import site, site_settings  # noqa: F401 - fixtures of this folder
