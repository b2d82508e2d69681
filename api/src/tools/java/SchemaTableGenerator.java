import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import java.util.zip.GZIPInputStream;

/**
 * Turns Kubernetes' OpenAPI v2 document into the schema table that {@code api} carries. It is run
 * by hand when the project moves to another Kubernetes version, never by the build:
 *
 * <pre>
 * java -cp jackson-databind.jar:jackson-core.jar:jackson-annotations.jar \
 *   api/src/tools/java/SchemaTableGenerator.java swagger.json.gz \
 *   api/src/main/resources/dev/coracle/api/schema/kubernetes-1.36.table
 * </pre>
 *
 * The format is described where it is read, in {@code SchemaTable}. Descriptions are not carried
 * over. What the document does not say stands in the hand-written supplement beside the table.
 */
public final class SchemaTableGenerator {

  private static final Pattern RESOURCE =
      Pattern.compile(
          "^/(?:api|apis/([^/]+))/([^/]+)(/watch)?(/namespaces/\\{namespace\\})?/([^/{]+)"
              + "(/\\{name\\}(?:/([a-z]+)(/\\{path\\})?)?)?$");

  private static final Map<String, String> SPECIAL =
      Map.ofEntries(
          Map.entry("io.k8s.apimachinery.pkg.api.resource.Quantity", "q"),
          Map.entry("io.k8s.apimachinery.pkg.apis.meta.v1.Time", "t"),
          Map.entry("io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime", "u"),
          Map.entry("io.k8s.apimachinery.pkg.util.intstr.IntOrString", "is"),
          Map.entry("io.k8s.apimachinery.pkg.runtime.RawExtension", "o"),
          Map.entry("io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1", "o"),
          Map.entry("io.k8s.apimachinery.pkg.apis.meta.v1.Patch", "o"));

  private final JsonNode document;
  private final List<String> names = new ArrayList<>();
  private final StringBuilder out = new StringBuilder();

  private SchemaTableGenerator(JsonNode document) {
    this.document = document;
    document.get("definitions").fieldNames().forEachRemaining(names::add);
    names.sort(null);
  }

  public static void main(String[] args) throws IOException {
    try (InputStream raw = Files.newInputStream(Path.of(args[0]));
        InputStream in = args[0].endsWith(".gz") ? new GZIPInputStream(raw) : raw) {
      JsonNode document = new ObjectMapper().readTree(in);
      Files.writeString(Path.of(args[1]), new SchemaTableGenerator(document).generate());
    }
  }

  private String generate() {
    String version = document.get("info").get("version").asText();
    out.append("coracle-schema-table 1 ").append(version).append('\n');
    for (String name : names) {
      definition(name, document.get("definitions").get(name));
    }
    resources();
    return out.toString();
  }

  private void definition(String name, JsonNode node) {
    out.append("T ").append(name);
    if (SPECIAL.containsKey(name)) {
      out.append(" =").append(SPECIAL.get(name));
    } else if (!node.has("type") && !node.has("properties")) {
      out.append(" =any");
    } else if (!node.path("type").asText("object").equals("object")) {
      out.append(" =").append(type(node));
    }
    JsonNode kinds = node.path("x-kubernetes-group-version-kind");
    if (kinds.size() == 1) {
      JsonNode k = kinds.get(0);
      out.append(" gvk=")
          .append(k.get("group").asText())
          .append('/')
          .append(k.get("version").asText())
          .append('/')
          .append(k.get("kind").asText());
    } else if (kinds.size() > 1) {
      out.append(" gvk=*");
    }
    attributes(node);
    for (JsonNode union : node.path("x-kubernetes-unions")) {
      out.append(" un=").append(union.path("discriminator").asText("")).append(':');
      out.append(
          union.get("fields-to-discriminateBy").properties().stream()
              .map(e -> e.getKey() + ">" + e.getValue().asText())
              .collect(Collectors.joining(",")));
    }
    out.append('\n');
    TreeSet<String> required = new TreeSet<>(texts(node.path("required")));
    new TreeMap<>(
            node.path("properties").properties().stream()
                .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue)))
        .forEach((field, schema) -> {
          out.append(' ').append(field).append(required.contains(field) ? "! " : " ");
          out.append(type(schema));
          attributes(schema);
          if (schema.has("default")) {
            out.append(" df=").append(schema.get("default"));
          }
          if (schema.has("enum")) {
            out.append(" en=").append(String.join(",", texts(schema.get("enum"))));
          }
          out.append('\n');
        });
  }

  private String type(JsonNode s) {
    if (s.has("$ref")) {
      String name = s.get("$ref").asText().substring("#/definitions/".length());
      return SPECIAL.getOrDefault(name, "#" + names.indexOf(name));
    }
    String format = s.path("format").asText("");
    return switch (s.path("type").asText("")) {
      case "string" -> format.equals("byte") ? "y" : format.equals("date-time") ? "t" : "s";
      case "integer" -> format.equals("int32") ? "i32" : "i64";
      case "number" -> "n";
      case "boolean" -> "b";
      case "array" -> "[]" + type(s.get("items"));
      case "object" ->
          s.has("additionalProperties") ? "{}" + type(s.get("additionalProperties")) : "o";
      case "" -> "any";
      default -> throw new IllegalStateException("unknown type in " + s);
    };
  }

  private void attributes(JsonNode s) {
    attribute(" lt=", s.path("x-kubernetes-list-type").asText(""));
    attribute(" lk=", String.join(",", texts(s.path("x-kubernetes-list-map-keys"))));
    attribute(" mt=", s.path("x-kubernetes-map-type").asText(""));
    attribute(" ps=", s.path("x-kubernetes-patch-strategy").asText(""));
    attribute(" pk=", s.path("x-kubernetes-patch-merge-key").asText(""));
  }

  private void attribute(String name, String value) {
    if (!value.isEmpty()) {
      out.append(name).append(value);
    }
  }

  private static List<String> texts(JsonNode array) {
    return StreamSupport.stream(array.spliterator(), false).map(JsonNode::asText).toList();
  }

  /** One resource or subresource, gathered from all the paths that serve it. */
  private static final class Resource {
    boolean namespaced;
    String kind = "";
    final TreeSet<String> verbs = new TreeSet<>();
    final Map<String, Resource> subresources = new TreeMap<>();
  }

  private void resources() {
    Map<String, Resource> resources = new TreeMap<>();
    document
        .get("paths")
        .properties()
        .forEach(e -> {
          Matcher m = RESOURCE.matcher(e.getKey());
          if (m.matches() && !m.group(2).isEmpty()) {
            path(m, e.getValue(), resources);
          }
        });
    resources.forEach((key, resource) -> {
      String[] kind = resource.kind.split("/", -1);
      boolean list = resource.verbs.contains("list");
      line("R " + key + " " + kind[2] + " " + (resource.namespaced ? "N" : "C"), resource);
      out.append(list ? " " + kind[2] + "List" : " -").append('\n');
      resource.subresources.forEach((name, sub) -> {
        line(" " + name + " " + sub.kind, sub);
        out.append('\n');
      });
    });
  }

  private void line(String start, Resource resource) {
    out.append(start).append(' ').append(String.join(",", resource.verbs));
  }

  private void path(Matcher m, JsonNode operations, Map<String, Resource> resources) {
    String group = m.group(1) == null ? "" : m.group(1);
    String key = (group.isEmpty() ? "-" : group) + " " + m.group(2) + " " + m.group(5);
    for (Map.Entry<String, JsonNode> operation : operations.properties()) {
      String action = operation.getValue().path("x-kubernetes-action").asText("");
      JsonNode k = operation.getValue().path("x-kubernetes-group-version-kind");
      if (action.isEmpty()) {
        continue;
      }
      Resource resource = resources.computeIfAbsent(key, x -> new Resource());
      if (m.group(7) != null) {
        resource = resource.subresources.computeIfAbsent(m.group(7), x -> new Resource());
      }
      resource.namespaced |= m.group(4) != null;
      resource.kind =
          k.get("group").asText() + "/" + k.get("version").asText() + "/" + k.get("kind").asText();
      String verb = verb(action, operation.getKey());
      if (!verb.isEmpty()) {
        resource.verbs.add(verb);
      }
    }
  }

  private static String verb(String action, String method) {
    return switch (action) {
      case "post" -> "create";
      case "put" -> "update";
      case "watch", "watchlist" -> "watch";
      case "connect" ->
          switch (method) {
            case "post" -> "create";
            case "put" -> "update";
            case "head", "options" -> "";
            default -> method;
          };
      default -> action;
    };
  }
}
