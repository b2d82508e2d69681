package dev.coracle.apiserver.internal.encryption;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.GroupResource;
import dev.coracle.api.StatusException;
import dev.coracle.api.Yaml;
import dev.coracle.api.schema.Scheme;
import dev.coracle.apiserver.HealthCheck;
import dev.coracle.watchhub.WatchHub;
import io.micrometer.core.instrument.MeterRegistry;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/**
 * An EncryptionConfiguration of apiserver.config.k8s.io/v1: which providers each resource has. The
 * first entry that names a resource decides.
 */
public final class EncryptionConfig {

  private static final int LARGEST = 1 << 20;

  private record Entry(List<String> resources, List<ValueTransformer> providers) {}

  private final MeterRegistry registry;
  private final String root;
  private final List<Entry> entries;
  private final List<KmsV2> services;
  private final Map<String, GroupResource> builtIn = new HashMap<>();
  private final Map<String, Providers> byPrefix = new HashMap<>();

  private EncryptionConfig(
      String prefix, List<Entry> entries, List<KmsV2> services, MeterRegistry registry) {
    this.services = List.copyOf(services);
    this.registry = registry;
    this.root = prefix + "/";
    this.entries = List.copyOf(entries);
    for (var resource : Scheme.builtIn().resources()) {
      GroupResource gr = resource.gvr().groupResource();
      builtIn.put(WatchHub.keyPrefix(prefix, gr), gr);
    }
    builtIn.forEach((folder, gr) -> byPrefix.put(folder, find(gr.resource(), gr.group())));
  }

  /**
   * @throws IllegalStateException with words for the user
   */
  public static EncryptionConfig read(
      Vertx vertx, String prefix, Path file, MeterRegistry registry) {
    try {
      return parse(vertx, prefix, Files.readAllBytes(file), registry);
    } catch (IOException e) {
      throw new IllegalStateException("cannot read the encryption configuration " + file, e);
    } catch (StatusException | IllegalArgumentException e) {
      throw new IllegalStateException(
          "the encryption configuration " + file + ": " + e.getMessage(), e);
    }
  }

  static EncryptionConfig parse(Vertx vertx, String prefix, byte[] yaml, MeterRegistry registry) {
    return parse(vertx, prefix, yaml, registry, KmsMeters.byName(registry));
  }

  /**
   * @param kmsMeters of a key management service of this name
   */
  static EncryptionConfig parse(
      Vertx vertx,
      String prefix,
      byte[] yaml,
      MeterRegistry registry,
      Function<String, KmsMeters> kmsMeters) {
    JsonNode config = Yaml.parse(yaml, LARGEST);
    if (!config.path("apiVersion").asText("").equals("apiserver.config.k8s.io/v1")
        || !config.path("kind").asText("").equals("EncryptionConfiguration")) {
      throw new IllegalArgumentException(
          "it is no EncryptionConfiguration of apiserver.config.k8s.io/v1");
    }
    Map<String, KmsV2> services = new LinkedHashMap<>();
    List<Entry> entries = new ArrayList<>();
    for (JsonNode entry : config.path("resources")) {
      String where = "resources[" + entries.size() + "]";
      List<String> names = new ArrayList<>();
      entry.path("resources").forEach(r -> names.add(r.asText()));
      List<ValueTransformer> providers = new ArrayList<>();
      for (JsonNode provider : entry.path("providers")) {
        providers(vertx, provider, where + ".providers", services, providers, kmsMeters);
      }
      if (names.isEmpty() || providers.isEmpty()) {
        throw new IllegalArgumentException(where + " needs resources and providers");
      }
      entries.add(new Entry(names, List.copyOf(providers)));
    }
    if (entries.isEmpty()) {
      throw new IllegalArgumentException("it names no resources");
    }
    return new EncryptionConfig(prefix, entries, List.copyOf(services.values()), registry);
  }

  private static void providers(
      Vertx vertx,
      JsonNode provider,
      String where,
      Map<String, KmsV2> services,
      List<ValueTransformer> out,
      Function<String, KmsMeters> kmsMeters) {
    if (provider.size() != 1) {
      throw new IllegalArgumentException(where + ": each entry holds exactly one provider");
    }
    String kind = provider.fieldNames().next();
    JsonNode content = provider.path(kind);
    switch (kind) {
      case "identity" -> out.add(new Identity());
      case "aesgcm", "aescbc", "secretbox" -> {
        for (JsonNode key : content.path("keys")) {
          out.add(local(kind, key, where));
        }
        if (content.path("keys").isEmpty()) {
          throw new IllegalArgumentException(where + "." + kind + ".keys: Required value");
        }
      }
      case "kms" -> out.add(kms(vertx, content, where, services, kmsMeters));
      default ->
          throw new IllegalArgumentException(where + " has the unknown provider \"" + kind + "\"");
    }
  }

  private static LocalKey local(String kind, JsonNode key, String where) {
    String name = key.path("name").asText("");
    if (name.isEmpty() || name.indexOf(':') >= 0) {
      throw new IllegalArgumentException(where + "." + kind + ": a key needs a name without ':'");
    }
    byte[] secret;
    try {
      secret = Base64.getDecoder().decode(key.path("secret").asText("").trim());
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          where + "." + kind + ": the secret of the key " + name + " is not base64", e);
    }
    Set<Integer> sizes = kind.equals("secretbox") ? Set.of(32) : Set.of(16, 24, 32);
    if (!sizes.contains(secret.length)) {
      throw new IllegalArgumentException(
          where
              + "."
              + kind
              + ": the secret of the key "
              + name
              + " has "
              + secret.length
              + " bytes; 32 are right");
    }
    LocalKey.Cipher cipher =
        switch (kind) {
          case "aesgcm" -> new AesGcm(secret);
          case "aescbc" -> new AesCbc(secret);
          default -> new SecretBox(secret);
        };
    return new LocalKey(kind, name, cipher);
  }

  private static KmsV2 kms(
      Vertx vertx,
      JsonNode content,
      String where,
      Map<String, KmsV2> services,
      Function<String, KmsMeters> kmsMeters) {
    String name = content.path("name").asText("");
    String endpoint = content.path("endpoint").asText("");
    if (!content.path("apiVersion").asText("").equals("v2")) {
      throw new IllegalArgumentException(where + ".kms: only apiVersion v2 is supported");
    }
    if (name.isEmpty() || name.indexOf(':') >= 0) {
      throw new IllegalArgumentException(where + ".kms needs a name without ':'");
    }
    if (!endpoint.startsWith("unix://")) {
      throw new IllegalArgumentException(where + ".kms.endpoint must begin with unix://");
    }
    String path = endpoint.substring("unix://".length());
    Duration timeout = timeout(content.path("timeout").asText("3s"), where);
    return services.computeIfAbsent(
        name,
        n -> {
          KmsMeters meters = kmsMeters.apply(n);
          return new KmsV2(
              vertx, n, new KmsClient(vertx, path, timeout, meters), meters, KmsV2.Polling.USUAL);
        });
  }

  /** {@code 3s} or {@code 500ms}. */
  private static Duration timeout(String text, String where) {
    try {
      long number = Long.parseLong(text.replaceFirst("m?s$", ""));
      Duration out = text.endsWith("ms") ? Duration.ofMillis(number) : Duration.ofSeconds(number);
      if (text.endsWith("s") && out.isPositive()) {
        return out;
      }
    } catch (NumberFormatException e) {
      // Said below.
    }
    throw new IllegalArgumentException(
        where
            + ".kms.timeout: Invalid value: \""
            + text
            + "\": should be a positive value such as 3s");
  }

  /** By the key of a value: {@code /registry/secrets/ns/name}. */
  Providers of(String key) {
    if (!key.startsWith(root)) {
      return Providers.PLAIN;
    }
    int first = key.indexOf('/', root.length());
    Providers known = first < 0 ? null : byPrefix.get(key.substring(0, first + 1));
    if (known != null) {
      return known;
    }
    int second = first < 0 ? -1 : key.indexOf('/', first + 1);
    if (second < 0) {
      return Providers.PLAIN;
    }
    known = byPrefix.get(key.substring(0, second + 1));
    // A custom resource: /registry/GROUP/RESOURCE/…
    return known != null
        ? known
        : find(key.substring(first + 1, second), key.substring(root.length(), first));
  }

  /** Whether it says anything of the resource of a key. */
  boolean names(String key) {
    return of(key) != Providers.PLAIN;
  }

  private Providers find(String resource, String group) {
    String name = group.isEmpty() ? resource : resource + "." + group;
    for (Entry entry : entries) {
      for (String r : entry.resources()) {
        if (r.equals(name) || r.equals("*.*") || r.equals("*." + group)) {
          return new Providers(entry.providers(), new TransformationMeters(registry, name));
        }
      }
    }
    return Providers.PLAIN;
  }

  /** What one of the key management services said that is not well. */
  Optional<String> problem() {
    return services.stream().flatMap(service -> service.problem().stream()).findFirst();
  }

  /** One of each key management service, in their order. */
  List<HealthCheck> checks() {
    List<HealthCheck> out = new ArrayList<>();
    for (KmsV2 service : services) {
      out.add(
          new HealthCheck(
              "kms-provider-" + out.size(), HealthCheck.At.NOT_LIVEZ, service::problem));
    }
    return out;
  }

  Uni<Void> start() {
    Uni<Void> all = Uni.createFrom().voidItem();
    for (Entry entry : entries) {
      for (ValueTransformer t : entry.providers()) {
        all = all.chain(t::start);
      }
    }
    return all;
  }

  void stop() {
    entries.forEach(e -> e.providers().forEach(ValueTransformer::stop));
  }
}
