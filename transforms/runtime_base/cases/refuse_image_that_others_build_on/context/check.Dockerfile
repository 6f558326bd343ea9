FROM shop
COPY checks /checks
RUN javac -d /checks /checks/*.java
