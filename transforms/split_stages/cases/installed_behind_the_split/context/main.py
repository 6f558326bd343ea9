from pydub import AudioSegment
