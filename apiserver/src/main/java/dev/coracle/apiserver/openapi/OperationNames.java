package dev.coracle.apiserver.openapi;

import dev.coracle.api.schema.ResourceDefinition;

/**
 * What an operation is called: programs that make a client of a document name its methods by this.
 */
final class OperationNames {

  private static final String DOMAIN = ".k8s.io";

  private OperationNames() {}

  /** {@code listAppsV1NamespacedDeployment}. */
  static String id(OpenApiOperation.At at) {
    ResourceDefinition resource = at.resource();
    StringBuilder id = new StringBuilder(at.action().word());
    id.append(capital(group(resource))).append(capital(resource.gvr().version()));
    if (at.action() == OpenApiAction.DELETE_COLLECTION) {
      id.append("Collection");
    } else if (at.action() == OpenApiAction.CONNECT) {
      id.append(capital(at.method()));
    }
    if (resource.namespaced() && !at.everywhere()) {
      id.append("Namespaced");
    }
    id.append(resource.kind().kind()).append(capital(at.subresource()));
    if (at.action() == OpenApiAction.WATCH_LIST) {
      id.append("List");
    }
    if (at.everywhere()) {
      id.append("ForAllNamespaces");
    }
    return at.withPath() ? id.append("WithPath").toString() : id.toString();
  }

  /** {@code rbacAuthorization_v1}. */
  static String tag(ResourceDefinition resource) {
    return tag(group(resource)) + "_" + resource.gvr().version();
  }

  static String tag(String group) {
    return word(group, false);
  }

  /** {@code RbacAuthorization}, of a group's name without its domain. */
  static String capital(String text) {
    return word(text, true);
  }

  /** The group as it is named here: {@code core} where it has no name. */
  static String group(String group) {
    if (group.isEmpty()) {
      return "core";
    }
    return group.endsWith(DOMAIN) ? group.substring(0, group.length() - DOMAIN.length()) : group;
  }

  private static String group(ResourceDefinition resource) {
    return group(resource.gvr().group());
  }

  /** Letters and digits alone; each after something else is a capital. */
  private static String word(String text, boolean capital) {
    StringBuilder out = new StringBuilder(text.length());
    boolean next = capital;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (Character.isLetter(c) || c == '_' || i > 0 && Character.isDigit(c)) {
        out.append(next ? Character.toUpperCase(c) : c);
        next = false;
      } else {
        next = true;
      }
    }
    return out.toString();
  }

  /** {@code list or watch objects of kind Deployment}. */
  static String description(OpenApiOperation.At at) {
    String kind = at.resource().kind().kind();
    String part = at.subresource().isEmpty() ? "" : at.subresource() + " of ";
    return switch (at.action()) {
      case LIST ->
          (at.resource().supports("watch") ? "list or watch objects" : "list objects")
              + " of kind "
              + kind;
      case CREATE -> "create " + part + withArticle(kind);
      case DELETE_COLLECTION -> "delete collection of " + kind;
      case GET -> "read " + part + "the specified " + kind;
      case UPDATE -> "replace " + part + "the specified " + kind;
      case PATCH -> "partially update " + part + "the specified " + kind;
      case DELETE -> "delete " + withArticle(kind);
      case CONNECT ->
          "connect "
              + at.method().toUpperCase(java.util.Locale.ROOT)
              + " requests to "
              + part
              + kind;
      case WATCH_LIST ->
          "watch individual changes to a list of "
              + kind
              + ". deprecated: use the 'watch' parameter with a list operation instead.";
      case WATCH ->
          "watch changes to an object of kind "
              + kind
              + ". deprecated: use the 'watch' parameter with a list operation instead,"
              + " filtered to a single item with the 'fieldSelector' parameter.";
    };
  }

  private static String withArticle(String kind) {
    if (kind.endsWith("s") && !kind.endsWith("ss")) {
      return kind;
    }
    return ("AEIOU".indexOf(kind.charAt(0)) >= 0 ? "an " : "a ") + kind;
  }
}
