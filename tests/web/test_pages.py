from tests.web.site import Site
from web.roles import Role


def test_the_front_page_in_both_languages(site: Site) -> None:
    assert 'lang="en"' in site.browser("en").get("/").text
    assert 'lang="zh-Hans"' in site.browser("zh-CN,zh;q=0.9,en;q=0.8").get("/").text


def test_the_chosen_language_stays(site: Site) -> None:
    browser = site.browser("en")
    answer = browser.submit("/language", {"language": "zh", "back": "/"})
    assert answer.status_code == 303
    assert 'lang="zh-Hans"' in browser.get("/").text


def test_signed_in_name_is_shown(site: Site) -> None:
    assert "Test Person" in site.sign_in(Role.ADMIN).get("/").text
