package dev.coracle.criruntime.internal.image;

import dev.coracle.criruntime.ImageReference;
import dev.coracle.criruntime.RegistryAuth;
import dev.coracle.criruntime.config.ImageOptions;
import dev.coracle.criruntime.server.NotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.ConnectException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.channels.UnresolvedAddressException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Map;

/**
 * One repository of a registry, by the OCI distribution specification (Docker's registry API v2):
 * basic and bearer authentication, redirects without credentials, downloads that resume. Every
 * content is checked against its digest. Blocks; thread-safe.
 */
final class RegistryClient implements AutoCloseable {
  private static final int MAX_REDIRECTS = 5;
  private static final String MANIFESTS =
      String.join(
          ", ",
          "application/vnd.oci.image.index.v1+json",
          "application/vnd.docker.distribution.manifest.list.v2+json",
          "application/vnd.oci.image.manifest.v1+json",
          "application/vnd.docker.distribution.manifest.v2+json");

  /** A manifest as the registry sent it. */
  record Manifest(String digest, byte[] content) {}

  private final ImageReference reference;
  private final RegistryAuth auth;
  private final ImageOptions options;
  private final Instant deadline;
  private final HttpClient http;
  private final String base;
  private volatile String authorization;

  /** In containerd's words, as those of the other failures here. */
  private static final String DENIED =
      "pull access denied, repository does not exist or may require authorization: authorization"
          + " failed";

  RegistryClient(
      ImageReference reference, RegistryAuth auth, ImageOptions options, Instant deadline) {
    this.reference = reference;
    this.auth = auth;
    this.options = options;
    this.deadline = deadline;
    this.http =
        HttpClient.newBuilder()
            .followRedirects(HttpClient.Redirect.NEVER)
            .connectTimeout(options.requestTimeout())
            .build();
    String registry = reference.registry();
    String host = registry.equals("docker.io") ? "registry-1.docker.io" : registry;
    String name = host.replaceFirst(":[0-9]+$", "");
    boolean plain =
        options.insecureRegistries().contains(registry)
            || name.equals("localhost")
            || name.startsWith("127.")
            || name.equals("[::1]");
    this.base = (plain ? "http://" : "https://") + host + "/v2/" + reference.repository();
    this.authorization = auth.registryToken().isEmpty() ? "" : "Bearer " + auth.registryToken();
  }

  Manifest manifest(String version) throws IOException {
    byte[] content = small(base + "/manifests/" + version, MANIFESTS);
    String digest = Digest.of(content);
    if (version.startsWith("sha256:") && !version.equals(digest)) {
      throw new IOException("manifest digest mismatch: expected " + version + ", got " + digest);
    }
    return new Manifest(digest, content);
  }

  byte[] smallBlob(String digest) throws IOException {
    byte[] content = small(base + "/blobs/" + digest, "*/*");
    if (!Digest.of(content).equals(digest)) {
      throw new IOException("blob digest mismatch: " + digest);
    }
    return content;
  }

  private byte[] small(String url, String accept) throws IOException {
    HttpResponse<InputStream> response = get(url, Map.of("Accept", accept));
    try (InputStream in = response.body()) {
      require(response, 200);
      byte[] content = in.readNBytes(options.maxManifestBytes() + 1);
      if (content.length > options.maxManifestBytes()) {
        throw new IOException("manifest or config larger than " + options.maxManifestBytes());
      }
      return content;
    }
  }

  /** Downloads a blob into a file; a try that breaks off is gone on with where it stopped. */
  void download(String digest, long size, Path file) throws IOException {
    IOException last = new IOException("no attempt");
    for (int attempt = 0; attempt < options.attempts(); attempt++) {
      try {
        downloadOnce(digest, file);
        try (InputStream in = Files.newInputStream(file)) {
          String actual = Digest.of(in);
          if (!actual.equals(digest)) {
            Files.deleteIfExists(file);
            throw new IOException("blob digest mismatch: expected " + digest + ", got " + actual);
          }
        }
        if (size > 0 && Files.size(file) != size) {
          throw new IOException("blob " + digest + " is not of the size that the manifest says");
        }
        return;
      } catch (IOException e) {
        last = e;
        if (Instant.now().isAfter(deadline) || Thread.currentThread().isInterrupted()) {
          break;
        }
      }
    }
    throw last;
  }

  private void downloadOnce(String digest, Path file) throws IOException {
    long have = Files.exists(file) ? Files.size(file) : 0;
    Map<String, String> headers = have > 0 ? Map.of("Range", "bytes=" + have + "-") : Map.of();
    HttpResponse<InputStream> response = get(base + "/blobs/" + digest, headers);
    try (InputStream in = response.body()) {
      if (response.statusCode() == 416) {
        return;
      }
      boolean resumed = response.statusCode() == 206;
      if (!resumed) {
        require(response, 200);
      }
      try (OutputStream out =
          Files.newOutputStream(
              file,
              StandardOpenOption.CREATE,
              resumed ? StandardOpenOption.APPEND : StandardOpenOption.TRUNCATE_EXISTING,
              StandardOpenOption.WRITE)) {
        byte[] buffer = new byte[1 << 16];
        long total = resumed ? have : 0;
        for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
          out.write(buffer, 0, n);
          total += n;
          if (total > options.maxLayerBytes()) {
            throw new IOException("layer larger than " + options.maxLayerBytes() + " bytes");
          }
          if (Instant.now().isAfter(deadline)) {
            throw new IOException("pull of " + reference + " timed out");
          }
        }
      }
    }
  }

  private HttpResponse<InputStream> get(String url, Map<String, String> headers)
      throws IOException {
    HttpResponse<InputStream> response = follow(url, headers);
    if (response.statusCode() == 401) {
      response.body().close();
      authenticate(response.headers().allValues("WWW-Authenticate"));
      response = follow(url, headers);
    }
    return response;
  }

  private HttpResponse<InputStream> follow(String url, Map<String, String> headers)
      throws IOException {
    URI uri = URI.create(url);
    String home = uri.getAuthority();
    for (int i = 0; i <= MAX_REDIRECTS; i++) {
      HttpRequest.Builder request =
          HttpRequest.newBuilder(uri).timeout(options.requestTimeout()).GET();
      headers.forEach(request::header);
      // Where a registry sends us for the content is not who the credentials are for.
      if (!authorization.isEmpty() && uri.getAuthority().equals(home)) {
        request.header("Authorization", authorization);
      }
      HttpResponse<InputStream> response = send(request.build());
      int code = response.statusCode();
      if (code != 301 && code != 302 && code != 303 && code != 307 && code != 308) {
        return response;
      }
      response.body().close();
      String location =
          response
              .headers()
              .firstValue("Location")
              .orElseThrow(() -> new IOException("redirect to nowhere"));
      uri = redirected(uri, location);
    }
    throw new IOException("too many redirects for " + reference);
  }

  private static URI redirected(URI from, String location) throws IOException {
    try {
      URI to = from.resolve(location);
      if (to.getAuthority() != null
          && ("https".equals(to.getScheme()) || "http".equals(to.getScheme()))) {
        return to;
      }
    } catch (IllegalArgumentException e) {
      throw new IOException("redirect to what is no address: " + location, e);
    }
    throw new IOException("redirect to what is no address: " + location);
  }

  private HttpResponse<InputStream> send(HttpRequest request) throws IOException {
    if (Instant.now().isAfter(deadline)) {
      throw new IOException("pull of " + reference + " timed out");
    }
    try {
      return http.send(request, HttpResponse.BodyHandlers.ofInputStream());
    } catch (ConnectException e) {
      throw new IOException(
          "failed to do request: Get \"" + request.uri() + "\": " + why(request.uri(), e), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  /** The JDK's client leaves the words to its causes, or has none. */
  private static String why(URI uri, ConnectException e) {
    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
      if (cause instanceof UnresolvedAddressException) {
        return "dial tcp: lookup " + uri.getHost() + ": no such host";
      }
    }
    int port = uri.getPort() > 0 ? uri.getPort() : "https".equals(uri.getScheme()) ? 443 : 80;
    String message = e.getMessage() == null ? "connection refused" : e.getMessage();
    return "dial tcp " + uri.getHost() + ":" + port + ": connect: " + message;
  }

  private void authenticate(List<String> challenges) throws IOException {
    for (String challenge : challenges) {
      if (challenge.regionMatches(true, 0, "Bearer", 0, 6)) {
        authorization = "Bearer " + token(TokenService.parameters(challenge));
        return;
      }
      if (challenge.regionMatches(true, 0, "Basic", 0, 5) && !auth.username().isEmpty()) {
        authorization = basic();
        return;
      }
    }
    throw new IOException(DENIED + ": no basic auth credentials");
  }

  private String basic() {
    String pair = auth.username() + ":" + auth.password();
    return "Basic " + Base64.getEncoder().encodeToString(pair.getBytes(StandardCharsets.UTF_8));
  }

  private String token(Map<String, String> challenge) throws IOException {
    String realm = challenge.getOrDefault("realm", "");
    if (!realm.startsWith("https://")
        && !(realm.startsWith("http://") && base.startsWith("http://"))) {
      throw new IOException("registry names no usable token service: " + realm);
    }
    String scope =
        challenge.getOrDefault("scope", "repository:" + reference.repository() + ":pull");
    String service = challenge.getOrDefault("service", "");
    HttpRequest.Builder request;
    if (!auth.identityToken().isEmpty()) {
      String form =
          "grant_type=refresh_token&client_id=coracle&service="
              + encode(service)
              + "&scope="
              + encode(scope)
              + "&refresh_token="
              + encode(auth.identityToken());
      request =
          HttpRequest.newBuilder(TokenService.address(realm))
              .header("Content-Type", "application/x-www-form-urlencoded")
              .POST(HttpRequest.BodyPublishers.ofString(form));
    } else {
      String separator = realm.contains("?") ? "&" : "?";
      request =
          HttpRequest.newBuilder(
                  TokenService.address(
                      realm + separator + "service=" + encode(service) + "&scope=" + encode(scope)))
              .GET();
      if (!auth.username().isEmpty()) {
        request.header("Authorization", basic());
      }
    }
    HttpResponse<InputStream> response = send(request.timeout(Duration.ofSeconds(30)).build());
    try (InputStream in = response.body()) {
      require(response, 200);
      return TokenService.token(in.readNBytes(options.maxManifestBytes()), reference.toString());
    }
  }

  private static String encode(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }

  private void require(HttpResponse<InputStream> response, int code) throws IOException {
    int actual = response.statusCode();
    if (actual == code) {
      return;
    }
    if (actual == 404) {
      throw new NotFoundException(reference + ": not found");
    }
    if (actual == 401 || actual == 403) {
      throw new IOException(DENIED);
    }
    throw new IOException(
        "unexpected status from GET request to " + withoutQuery(response.uri()) + ": " + actual);
  }

  /** A query may have secrets: signatures of a storage that a registry leads to. */
  private static String withoutQuery(URI uri) {
    return uri.getScheme() + "://" + uri.getAuthority() + uri.getPath();
  }

  @Override
  public void close() {
    http.shutdownNow();
  }
}
