import git

repository = git.Repo.init("/tmp/repository")
print("a new repository:", not repository.bare)
