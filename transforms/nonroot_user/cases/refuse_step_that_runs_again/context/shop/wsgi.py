from django.core.wsgi import get_wsgi_application


def folder_for(name):
    (BASE_DIR / "uploads").mkdir(exist_ok=True)
    return BASE_DIR / "uploads" / name


if __name__ == "__main__":
    open("out.txt", "w").write("x")

application = get_wsgi_application()
