package dev.coracle.apiserver.internal.http;

import dev.coracle.api.selector.FieldSelector;
import dev.coracle.api.selector.LabelSelector;
import dev.coracle.api.validation.NameRules;
import dev.coracle.apiserver.internal.flowcontrol.FlowRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * What a request is about, read from its method and path alone (Kubernetes docs, "Authorization
 * Overview": review your request attributes).
 *
 * @param resourceRequest below {@code /api/v1} or {@code /apis/GROUP/VERSION}, as opposed to {@code
 *     /healthz} or discovery
 * @param verb Kubernetes' verb of a resource request, else the lower-case HTTP method
 * @param rest what follows a subresource, with its leading slash; empty mostly. It has a meaning
 *     behind {@code proxy}, none behind the subresources of custom resources, and nothing else is
 *     so deep
 * @param fieldSelector of a list, watch or deletecollection; everything where there is none, where
 *     it cannot be understood (which the verb tells the client), and in the old form {@code
 *     /watch/…}, whose selectors do not always count
 * @param labelSelector likewise
 */
public record RequestInfo(
    boolean resourceRequest,
    String verb,
    String path,
    String group,
    String version,
    String namespace,
    String resource,
    String subresource,
    String name,
    String rest,
    FieldSelector fieldSelector,
    LabelSelector labelSelector)
    implements FlowRequest {
  /** Where nodes open tunnels, by which they are asked. */
  public static final String TUNNELS = "/coracle/v1/tunnel/";

  private static final Set<String> NAMESPACE_SUBRESOURCES = Set.of("status", "finalize");

  /**
   * @param method as it was sent; one that is none of Kubernetes' has no verb
   * @param path decoded, without query
   * @param watch whether the query asks for a watch, which counts where no object is named
   * @param fields the query's {@code fieldSelector}, or empty
   * @param labels the query's {@code labelSelector}, or empty
   */
  public static RequestInfo of(
      String method, String path, boolean watch, String fields, String labels) {
    List<String> parts = parts(path);
    String first = parts.isEmpty() ? "" : parts.getFirst();
    String verb = method.toLowerCase(java.util.Locale.ROOT);
    if (isBroken(path)) {
      return notOfResource(verb, path);
    }
    int at;
    String group;
    String version;
    if (first.equals("api") && parts.size() >= 3) {
      group = "";
      version = parts.get(1);
      at = 2;
    } else if (first.equals("apis") && parts.size() >= 4) {
      group = parts.get(1);
      version = parts.get(2);
      at = 3;
    } else {
      return notOfResource(verb, path);
    }
    boolean legacyWatch = parts.get(at).equals("watch") && parts.size() > at + 1;
    if (legacyWatch) {
      at++;
    }
    String namespace = "";
    if (parts.get(at).equals("namespaces") && parts.size() > at + 1) {
      namespace = parts.get(at + 1);
      boolean ofNamespace =
          parts.size() > at + 2 && !NAMESPACE_SUBRESOURCES.contains(parts.get(at + 2));
      if (ofNamespace) {
        at += 2;
      }
    }
    String resource = parts.get(at);
    String name = parts.size() > at + 1 ? parts.get(at + 1) : "";
    String subresource = parts.size() > at + 2 ? parts.get(at + 2) : "";
    String rest = "";
    if (subresource.equals("proxy")) {
      rest = rest(path, parts.subList(0, at + 3));
    } else if (parts.size() > at + 3) {
      rest = "/" + String.join("/", parts.subList(at + 3, parts.size()));
    }
    String kubernetesVerb =
        switch (method) {
          case "POST" -> "create";
          case "PUT" -> "update";
          case "PATCH" -> "patch";
          case "DELETE" -> name.isEmpty() ? "deletecollection" : "delete";
          case "GET", "HEAD" ->
              legacyWatch || watch && name.isEmpty() ? "watch" : name.isEmpty() ? "list" : "get";
          default -> "";
        };
    boolean reads = kubernetesVerb.equals("list") || kubernetesVerb.equals("watch");
    boolean ofMany = reads || kubernetesVerb.equals("deletecollection");
    FieldSelector fieldSelector =
        ofMany ? FieldSelector.parseOrEverything(fields) : FieldSelector.EVERYTHING;
    if (reads && name.isEmpty()) {
      name = nameIn(fieldSelector);
    }
    boolean selects = ofMany && !legacyWatch;
    return new RequestInfo(
        true,
        kubernetesVerb,
        path,
        group,
        version,
        namespace,
        resource,
        subresource,
        name,
        rest,
        selects ? fieldSelector : FieldSelector.EVERYTHING,
        selects ? LabelSelector.parseOrEverything(labels) : LabelSelector.EVERYTHING);
  }

  /** A request that is about no resource. */
  static RequestInfo notOfResource(String verb, String path) {
    return new RequestInfo(
        false,
        verb,
        path,
        "",
        "",
        "",
        "",
        "",
        "",
        "",
        FieldSelector.EVERYTHING,
        LabelSelector.EVERYTHING);
  }

  /** The only object that can be meant, where the selector says so in a way that can be a name. */
  public static String nameIn(FieldSelector selector) {
    for (FieldSelector.Requirement r : selector.requirements()) {
      if (r.equal() && r.field().equals("metadata.name")) {
        return NameRules.pathSegment(r.value()).isEmpty() ? r.value() : "";
      }
    }
    return "";
  }

  /** A path with an empty step names nothing, but for what is behind a proxy. */
  private static boolean isBroken(String path) {
    int empty = path.indexOf("//");
    int proxy = ProxyPath.end(path);
    return empty >= 0 && (proxy < 0 || empty < proxy);
  }

  private static List<String> parts(String path) {
    List<String> out = new ArrayList<>();
    int start = 0;
    for (int i = 0; i <= path.length(); i++) {
      if (i == path.length() || path.charAt(i) == '/') {
        if (i > start) {
          out.add(path.substring(start, i));
        }
        start = i + 1;
      }
    }
    return out;
  }

  private static String rest(String path, List<String> before) {
    int at = 0;
    for (String part : before) {
      at = path.indexOf(part, at) + part.length();
    }
    return path.substring(at);
  }

  /** Whether this changes something: what counts against the limit for writes. */
  public boolean mutating() {
    return switch (verb) {
      case "", "get", "list", "watch", "head", "options", "proxy" -> false;
      default -> true;
    };
  }

  /** Lives for long by nature: not limited in time, nor counted in flight. */
  public boolean longRunning() {
    return verb.equals("watch")
        || path.startsWith(TUNNELS)
        || Set.of("log", "exec", "attach", "portforward", "proxy").contains(subresource);
  }
}
