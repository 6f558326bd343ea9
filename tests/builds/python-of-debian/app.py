import flask, pkg_resources, psycopg2
print(psycopg2.__version__.split()[0], flask.__name__, pkg_resources.get_distribution("flask").project_name)
