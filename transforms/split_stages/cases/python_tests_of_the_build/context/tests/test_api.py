from shortener.api import app


def test_app():
    assert app
