# One image for every role; what it becomes is the first argument (see docker-compose.yml).
FROM node:24-slim AS frontend
WORKDIR /build/frontend
COPY frontend/package.json frontend/package-lock.json frontend/.npmrc ./
RUN npm ci
COPY frontend/ ./
RUN npm run build

FROM python:3.12-slim
ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 PIP_NO_CACHE_DIR=1
WORKDIR /app
COPY requirements/run.lock requirements/
RUN pip install --require-hashes -r requirements/run.lock
COPY manage.py pyproject.toml LICENSE ./
COPY webcare/ webcare/
COPY monitoring/ monitoring/
COPY nlp/ nlp/
COPY archive/ archive/
COPY --from=frontend /build/webcare/static/frontend webcare/static/frontend
# The model and the static files are the same for everyone. The demo keys that settings make on the
# way stay in a folder that this very layer removes.
RUN VAR_DIR=/tmp/build MODE=demo python manage.py train --if-needed \
    && VAR_DIR=/tmp/build MODE=demo python manage.py collectstatic --noinput \
    && mkdir -p var && mv /tmp/build/static var/static && rm -rf /tmp/build \
    && useradd --uid 10001 --home-dir /app --no-create-home stadspraat \
    && chown stadspraat var
USER stadspraat
ENV MODE=production HOST=0.0.0.0 PORT=8000 LIVE_PORT=8001
EXPOSE 8000 8001
ENTRYPOINT ["python", "manage.py", "run"]
