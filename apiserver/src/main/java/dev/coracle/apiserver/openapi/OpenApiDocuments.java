package dev.coracle.apiserver.openapi;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.schema.ResourceDefinition;
import dev.coracle.api.schema.Scheme;
import dev.coracle.api.schema.Scheme.Version;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * Builds and keeps the OpenAPI documents (Kubernetes docs, "The Kubernetes API": OpenAPI
 * interface). A document is built when it is first asked for and again when what it describes has
 * changed; its hash is made from what it describes, so that the index costs no documents.
 *
 * <p>Safe for any number of threads. Building the core group's document takes some tens of
 * milliseconds: call from a worker or virtual thread, not from an event loop, unless {@link
 * #isReady} says it is there.
 */
public final class OpenApiDocuments {

  private static final String JSON = "application/json";

  /**
   * Part of every hash: clients keep documents by them, so it is raised whenever the same resources
   * are described in another way.
   */
  private static final int EDITION = 4;

  private final Scheme scheme;
  private final String serverVersion;
  private final OtherDocuments others;
  private final Predicate<ResourceDefinition> answersDeleteWithObject;
  private final Map<String, OpenApiDocument> cache = new ConcurrentHashMap<>();

  /**
   * @param serverVersion as in {@code /version}: {@code v1.36.0}
   */
  public OpenApiDocuments(Scheme scheme, String serverVersion) {
    this(scheme, serverVersion, OtherDocuments.NONE, _ -> false);
  }

  /**
   * @param others whose groups are shown beside the own ones
   * @param answersDeleteWithObject the resources of which a delete answers with what is deleted
   */
  public OpenApiDocuments(
      Scheme scheme,
      String serverVersion,
      OtherDocuments others,
      Predicate<ResourceDefinition> answersDeleteWithObject) {
    this.answersDeleteWithObject = answersDeleteWithObject;
    this.others = others;
    this.scheme = scheme;
    this.serverVersion = serverVersion;
  }

  /** {@code /openapi/v3}: where each group version's document is. */
  public OpenApiDocument index() {
    String hash = hash("index " + state());
    return cached(
        "index",
        hash,
        () -> {
          ObjectNode out = Json.object();
          ObjectNode paths = out.putObject("paths");
          for (Version version : versions()) {
            paths
                .putObject(path(version))
                .put(
                    "serverRelativeURL", "/openapi/v3/" + path(version) + "?hash=" + hash(version));
          }
          others
              .index()
              .forEach((path, url) -> paths.putObject(path).put("serverRelativeURL", url));
          for (OtherDocuments.Part part : others.v2()) {
            if (!paths.has(path(part))) {
              paths
                  .putObject(path(part))
                  .put("serverRelativeURL", "/openapi/v3/" + path(part) + "?hash=" + hash(part));
            }
          }
          return out;
        });
  }

  /**
   * {@code /openapi/v3/PATH}.
   *
   * @param path {@code api/v1} or {@code apis/GROUP/VERSION}; empty when there is no such group
   *     version
   */
  public Optional<OpenApiDocument> groupVersion(String path) {
    return find(path)
        .map(v -> cached(path, hash(v), () -> v3(v)))
        .or(() -> other(path).map(part -> cached(path, hash(part), () -> RaisedV3.of(part))));
  }

  /** What another server says of this in OpenAPI v2 alone. */
  private Optional<OtherDocuments.Part> other(String path) {
    return others.index().containsKey(path)
        ? Optional.empty()
        : others.v2().stream().filter(part -> path(part).equals(path)).findFirst();
  }

  private static String path(OtherDocuments.Part part) {
    return "apis/" + part.groupVersion();
  }

  private String hash(OtherDocuments.Part part) {
    return hash(path(part) + " " + others.state());
  }

  /**
   * The hash that the index gives for this path; a request with another one is redirected to it.
   */
  public Optional<String> hashOf(String path) {
    return find(path).map(this::hash).or(() -> other(path).map(this::hash));
  }

  /** {@code /openapi/v2} as JSON. */
  public OpenApiDocument v2() {
    return cached("v2", hash("v2 " + state()), this::v2Document);
  }

  /**
   * Whether a client would rather have {@link #v2Protobuf}; older ones write the type with an @.
   */
  public static boolean wantsProtobuf(String accept) {
    return accept.contains(GnosticEncoder.CONTENT_TYPE)
        || accept.contains(GnosticEncoder.CONTENT_TYPE.replace(".v2.", ".v2@"));
  }

  /** {@code /openapi/v2} as protobuf. */
  public OpenApiDocument v2Protobuf() {
    String hash = hash("v2 protobuf " + state());
    return cached(
        "v2 protobuf",
        GnosticEncoder.CONTENT_TYPE,
        hash,
        () -> GnosticEncoder.encode(v2Document()));
  }

  /** Whether {@link #groupVersion} (or {@link #v2}, for {@code v2}) would answer at once. */
  public boolean isReady(String path) {
    OpenApiDocument document = cache.get(path);
    String hash = path.equals("v2") ? hash("v2 " + state()) : hashOf(path).orElse("");
    return document != null && document.etag().equals("\"" + hash + "\"");
  }

  private String state() {
    return scheme.generation() + " " + others.state();
  }

  private OpenApiDocument cached(String key, String hash, Supplier<ObjectNode> build) {
    return cached(key, JSON, hash, () -> Json.bytes(build.get()));
  }

  private OpenApiDocument cached(String key, String type, String hash, Supplier<byte[]> build) {
    OpenApiDocument known = cache.get(key);
    if (known != null && known.etag().equals("\"" + hash + "\"")) {
      return known;
    }
    OpenApiDocument made = OpenApiDocument.of(type, hash, build.get());
    cache.put(key, made);
    return made;
  }

  private List<Version> versions() {
    return scheme.groups().stream().flatMap(g -> g.versions().stream()).toList();
  }

  private static String path(Version version) {
    return version.group().isEmpty()
        ? "api/" + version.version()
        : "apis/" + version.group() + "/" + version.version();
  }

  private Optional<Version> find(String path) {
    return versions().stream().filter(v -> path(v).equals(path)).findFirst();
  }

  private String hash(Version version) {
    StringBuilder what = new StringBuilder(path(version));
    for (ResourceDefinition r : version.resources()) {
      what.append(' ').append(r.gvr().resource());
      if (r.custom() != null) {
        what.append(r.kind()).append(r.namespaced()).append(r.custom());
      }
    }
    return hash(what.toString());
  }

  private String hash(String what) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      digest.update((serverVersion + " " + EDITION).getBytes(StandardCharsets.UTF_8));
      byte[] sum = digest.digest(what.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(sum).toUpperCase(Locale.ROOT);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private ObjectNode v3(Version version) {
    OpenApiSchemas schemas = new OpenApiSchemas(OpenApiVersion.V3, new Descriptions());
    OpenApiPaths paths = new OpenApiPaths(OpenApiVersion.V3, schemas, answersDeleteWithObject);
    if (isBuiltIn(List.of(version))) {
      new DiscoveryPaths(OpenApiVersion.V3, schemas, paths.all())
          .resources(version.group(), version.version());
    }
    version.resources().forEach(paths::add);
    return v3(paths.all(), schemas);
  }

  /** Groups that definitions brought are not described themselves, nor are they by upstream. */
  private static boolean isBuiltIn(List<Version> versions) {
    return versions.stream()
        .allMatch(v -> v.resources().stream().allMatch(ResourceDefinition::builtIn));
  }

  private ObjectNode v3(ObjectNode paths, OpenApiSchemas schemas) {
    ObjectNode out = Json.object().put("openapi", "3.0.0");
    out.putObject("info").put("title", "Kubernetes").put("version", serverVersion);
    out.set("paths", paths);
    ObjectNode components = out.putObject("components");
    components.set("schemas", schemas.all());
    components
        .putObject("securitySchemes")
        .putObject("BearerToken")
        .put("type", "apiKey")
        .put("in", "header")
        .put("name", "authorization");
    return out;
  }

  private ObjectNode v2Document() {
    OpenApiSchemas schemas = new OpenApiSchemas(OpenApiVersion.V2, new Descriptions());
    OpenApiPaths paths = new OpenApiPaths(OpenApiVersion.V2, schemas, answersDeleteWithObject);
    DiscoveryPaths discovery = new DiscoveryPaths(OpenApiVersion.V2, schemas, paths.all());
    discovery.legacy();
    discovery.groups();
    discovery.version();
    discovery.issuer();
    for (Scheme.ApiGroup group : scheme.groups()) {
      if (isBuiltIn(group.versions())) {
        if (!group.name().isEmpty()) {
          discovery.group(group.name());
        }
        group.versions().forEach(v -> discovery.resources(v.group(), v.version()));
      }
    }
    versions().forEach(v -> v.resources().forEach(paths::add));
    ObjectNode out = Json.object().put("swagger", "2.0");
    out.putObject("info").put("title", "Kubernetes").put("version", serverVersion);
    out.set("paths", paths.all());
    out.set("definitions", schemas.all());
    out.putObject("securityDefinitions")
        .putObject("BearerToken")
        .put("type", "apiKey")
        .put("in", "header")
        .put("name", "authorization");
    out.putArray("security").addObject().putArray("BearerToken");
    others.v2().forEach(part -> MergedV2.add(out, part));
    return out;
  }
}
