import discord

discord.FFmpegPCMAudio("song.mp3")
