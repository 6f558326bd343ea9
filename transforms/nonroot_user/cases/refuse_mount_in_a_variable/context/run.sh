#!/bin/bash
ADMIN="sudo"                    # doas does as well
IMAGE="notes-bot"               # of the image and of the container
MOUNTS="-v $(pwd):/bot"         # so that what is noted stays
FLAGS="--rm -d --name $IMAGE"

$ADMIN docker build -t $IMAGE:latest .
$ADMIN docker run $FLAGS $MOUNTS $IMAGE
