FROM maven:3-eclipse-temurin-17 AS builder

WORKDIR /app

COPY . .
RUN mvn package

FROM eclipse-temurin:17-jre

RUN groupadd --system --gid 10001 app \
 && useradd --system --no-log-init --uid 10001 --gid app --home-dir /app --no-create-home app

WORKDIR /app

COPY --from=builder /app/target/inventory-1.0.0.jar ./target/

EXPOSE 8080

USER 10001:10001

CMD ["java", "-jar", "target/inventory-1.0.0.jar"]
