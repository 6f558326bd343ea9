#!/bin/sh
exec ${@:-git daemon}
