package dev.coracle.apiserver.internal.authz;

import dev.coracle.apiserver.UserInfo;

/**
 * What is to be decided: may this user do this?
 *
 * @param resourceRequest else only {@code verb} and {@code path} count
 * @param fieldSelector of a list or watch, as it was sent; empty for none
 */
public record Attributes(
    UserInfo user,
    boolean resourceRequest,
    String verb,
    String group,
    String version,
    String resource,
    String subresource,
    String namespace,
    String name,
    String path,
    String fieldSelector) {

  public static Attributes resource(
      UserInfo user,
      String verb,
      String group,
      String resource,
      String subresource,
      String namespace,
      String name) {
    return new Attributes(
        user, true, verb, group, "*", resource, subresource, namespace, name, "", "");
  }

  public static Attributes path(UserInfo user, String verb, String path) {
    return new Attributes(user, false, verb, "", "", "", "", "", "", path, "");
  }

  /** {@code pods/log}. */
  public String resourceAndSubresource() {
    return subresource.isEmpty() ? resource : resource + "/" + subresource;
  }

  /** What a refusal says, after {@code … is forbidden: }. */
  public String refusal() {
    String who = "User \"" + user.name() + "\" cannot ";
    if (!resourceRequest) {
      return who + verb + " path \"" + path + "\"";
    }
    String what =
        verb + " resource \"" + resourceAndSubresource() + "\" in API group \"" + group + "\"";
    return who
        + what
        + (namespace.isEmpty()
            ? " at the cluster scope"
            : " in the namespace \"" + namespace + "\"");
  }
}
