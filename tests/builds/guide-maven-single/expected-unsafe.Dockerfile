FROM maven:3-eclipse-temurin-17 AS builder
COPY . /usr/src/kettle
WORKDIR /usr/src/kettle
RUN mvn -o package

FROM eclipse-temurin:17-jre
RUN useradd --create-home --user-group --uid 10001 --no-log-init app \
    && mkdir -p /usr/src/kettle && chown app:app /usr/src/kettle
WORKDIR /usr/src/kettle
COPY --from=builder /usr/src/kettle/target/kettle-1.0.jar /usr/src/kettle/target/kettle-1.0.jar
USER 10001:10001
CMD ["java", "-jar", "target/kettle-1.0.jar"]
