package dev.coracle.api.patch;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.StatusException;
import dev.coracle.api.patch.ServerSideApply.Writer;
import dev.coracle.api.schema.SchemaType;
import dev.coracle.api.schema.Scheme;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Server-side apply against a model that knows no trees: an object is a map from leaf paths to
 * values, a manager the set of the leaves it owns (Kubernetes docs, "Server-Side Apply"). Several
 * managers apply and update in turn; values, owners and conflicts have to agree after every step.
 */
class ApplyModelTest {

  private static final SchemaType DEPLOYMENT =
      Scheme.builtIn().resource("apps", "v1", "deployments").orElseThrow().schema();
  private static final String[] APPLIERS = {"one", "two", "three"};

  private Map<String, String> values = new TreeMap<>();
  private final Map<String, Set<String>> owners = new HashMap<>();
  private @Nullable ObjectNode live;

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6})
  void agreesWithOwnershipOfLeaves(long seed) {
    Random random = new Random(seed);
    int conflicts = 0;
    for (int round = 0; round < 100; round++) {
      values.clear();
      owners.clear();
      live = null;
      StringBuilder story = new StringBuilder("seed " + seed);
      for (int step = 0; step < 8; step++) {
        String manager = APPLIERS[random.nextInt(APPLIERS.length)];
        ObjectNode config = config(random);
        if (live != null && random.nextInt(4) == 0) {
          story.append("\n").append("updater updates to ").append(config);
          update(config, step);
        } else {
          boolean force = random.nextBoolean();
          story
              .append("\n")
              .append(manager)
              .append(force ? " forces " : " applies ")
              .append(config);
          conflicts += apply(manager, config, force, step, story.toString()) ? 0 : 1;
        }
        if (live != null) {
          assertThat(leaves(live)).as(story.toString()).isEqualTo(values);
          assertThat(owned(live)).as(story.toString()).isEqualTo(withoutEmpty());
        }
      }
    }
    assertThat(conflicts).isPositive();
  }

  private static ObjectNode config(Random random) {
    ObjectNode spec = Json.object();
    if (random.nextBoolean()) {
      spec.put("replicas", random.nextInt(3));
    }
    if (random.nextInt(3) == 0) {
      spec.put("paused", random.nextBoolean());
    }
    ObjectNode pod = Json.object();
    ObjectNode labels = Json.object();
    for (int i = 0; i < 3; i++) {
      if (random.nextInt(3) == 0) {
        labels.put("k" + i, "v" + random.nextInt(2));
      }
    }
    if (random.nextInt(3) == 0) {
      // A map that is one value: its owner owns all of it.
      pod.putObject("nodeSelector").put("k" + random.nextInt(2), "v");
    }
    ArrayNode containers = Json.array();
    for (int i = 0; i < 3; i++) {
      if (random.nextBoolean()) {
        ObjectNode container = containers.addObject().put("name", "c" + i);
        if (random.nextBoolean()) {
          container.put("image", "i" + random.nextInt(2));
        }
        if (random.nextInt(3) == 0) {
          container.putArray("args").add("a" + random.nextInt(2)).add("z");
        }
      }
    }
    if (!containers.isEmpty()) {
      pod.set("containers", containers);
    }
    if (!labels.isEmpty()) {
      spec.withObject("/template/metadata").set("labels", labels);
    }
    if (!pod.isEmpty()) {
      spec.withObject("/template").set("spec", pod);
    }
    ObjectNode out = Json.object().put("apiVersion", "apps/v1").put("kind", "Deployment");
    out.putObject("metadata").put("name", "d");
    spec.put("minReadySeconds", random.nextInt(2));
    out.set("spec", spec);
    return out;
  }

  private static Writer writer(String manager, int second) {
    return new Writer(
        manager, "apps/v1", "", ResetFields.of("status"), Instant.ofEpochSecond(second));
  }

  /** Whether it was applied. */
  private boolean apply(String manager, ObjectNode config, boolean force, int step, String as) {
    Map<String, String> wanted = leaves(config);
    Set<String> before = owners.getOrDefault(manager, Set.of());
    Set<String> disputed = new HashSet<>();
    owners.forEach((other, theirs) -> {
      if (!other.equals(manager)) {
        wanted.forEach((path, value) -> {
          if (theirs.contains(path) && !value.equals(values.get(path))) {
            disputed.add(path);
          }
        });
      }
    });
    try {
      live = ServerSideApply.apply(DEPLOYMENT, live, config, writer(manager, step), force);
    } catch (StatusException e) {
      assertThat(e.status().code()).as(as).isEqualTo(409);
      assertThat(force || disputed.isEmpty()).as(as + ": " + e.getMessage()).isFalse();
      assertThat(e.status().causes()).as(as).hasSameSizeAs(pairs(manager, disputed));
      return false;
    }
    assertThat(force || disputed.isEmpty()).as(as + " disputes " + disputed).isTrue();
    owners.forEach((other, theirs) -> {
      if (!other.equals(manager)) {
        theirs.removeAll(disputed);
      }
    });
    owners.put(manager, new HashSet<>(wanted.keySet()));
    for (String path : before) {
      if (owners.values().stream().noneMatch(o -> o.contains(path))) {
        values.remove(path);
        if (path.endsWith("].name")) {
          // An item that nobody has goes whole, whoever has fields in it.
          String item = path.substring(0, path.length() - "name".length());
          values.keySet().removeIf(p -> p.startsWith(item));
          owners.values().forEach(o -> o.removeIf(p -> p.startsWith(item)));
        }
      }
    }
    values.putAll(wanted);
    return true;
  }

  /** One cause for each manager and field. */
  private Set<String> pairs(String manager, Set<String> disputed) {
    Set<String> out = new HashSet<>();
    owners.forEach((other, theirs) -> {
      if (!other.equals(manager)) {
        disputed.stream().filter(theirs::contains).forEach(p -> out.add(other + p));
      }
    });
    return out;
  }

  /** Puts a whole other object; who changes a leaf owns it, and alone. */
  private void update(ObjectNode config, int step) {
    ObjectNode next = config.deepCopy();
    ObjectNode was = java.util.Objects.requireNonNull(live);
    JsonNode record = was.path("metadata").path("managedFields");
    if (!record.isMissingNode()) {
      next.withObject("/metadata").set("managedFields", record.deepCopy());
    }
    live = ServerSideApply.track(DEPLOYMENT, was, next, writer("updater", step));
    Map<String, String> wanted = leaves(config);
    Set<String> mine = owners.computeIfAbsent("updater", _ -> new HashSet<>());
    wanted.forEach((path, value) -> {
      if (!value.equals(values.get(path))) {
        owners.values().forEach(o -> o.remove(path));
        mine.add(path);
      }
    });
    owners.values().forEach(o -> o.retainAll(wanted.keySet()));
    values = new TreeMap<>(wanted);
  }

  private Map<String, Set<String>> withoutEmpty() {
    Map<String, Set<String>> out = new HashMap<>();
    owners.forEach((manager, paths) -> {
      if (!paths.isEmpty()) {
        out.put(manager, paths);
      }
    });
    return out;
  }

  /** Scalars, atomic lists and atomic maps below spec, by their path. */
  private static Map<String, String> leaves(ObjectNode object) {
    Map<String, String> out = new TreeMap<>();
    leaves(".spec", object.path("spec"), out);
    return out;
  }

  private static void leaves(String path, JsonNode node, Map<String, String> out) {
    if (node instanceof ObjectNode object && !path.endsWith(".nodeSelector")) {
      object.forEachEntry((name, value) -> {
        // What has lost all it had.
        if (!value.isNull()) {
          leaves(path + "." + name, value, out);
        }
      });
    } else if (path.endsWith(".containers")) {
      for (JsonNode item : node) {
        leaves(path + "[name=\"" + item.path("name").asText() + "\"]", item, out);
      }
    } else if (!node.isMissingNode()) {
      out.put(path, node.toString());
    }
  }

  /** What the record says, of leaves alone. */
  private static Map<String, Set<String>> owned(ObjectNode object) {
    Map<String, Set<String>> out = new HashMap<>();
    for (JsonNode entry : object.path("metadata").path("managedFields")) {
      Set<String> paths = new HashSet<>();
      FieldSet.of(entry.path("fieldsV1"))
          .forEachPath(path -> {
            boolean item = path.endsWith("]");
            boolean branch =
                path.endsWith(".labels")
                    || path.endsWith(".spec")
                    || path.endsWith(".template")
                    || path.endsWith(".containers")
                    || path.endsWith(".metadata");
            if (!item && !branch && path.startsWith(".spec.")) {
              paths.add(path);
            }
          });
      if (!paths.isEmpty()) {
        out.put(entry.path("manager").asText(), paths);
      }
    }
    return out;
  }
}
