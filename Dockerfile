# The command isolux in a container, for Docker and Apptainer: docker build -t isolux .
FROM node:22-bookworm-slim AS build
WORKDIR /src
COPY . .
RUN npm ci && npm pack --pack-destination /tmp

FROM node:22-bookworm-slim
COPY --from=build /tmp/isolux-*.tgz /tmp/isolux.tgz
RUN npm install --global --omit=dev --no-audit --no-fund /tmp/isolux.tgz && rm -r /tmp/isolux.tgz /root/.npm
# Apptainer runs it as the caller; Docker as nobody who owns anything
USER node
WORKDIR /data
ENTRYPOINT ["isolux"]
CMD ["--help"]
