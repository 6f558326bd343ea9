from dulwich.repo import Repo

print(Repo(".").head())
