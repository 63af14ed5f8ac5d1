from tests.web.passkeys import named_site  # noqa: F401 - the same at a name
from tests.web.site import either_site, site, site_settings  # noqa: F401 - fixtures of this folder
