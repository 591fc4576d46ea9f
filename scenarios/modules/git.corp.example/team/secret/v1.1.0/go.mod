module git.corp.example/team/secret

go 1.19
