from cmdstanpy import CmdStanModel

model = CmdStanModel(stan_file="tides.stan")
