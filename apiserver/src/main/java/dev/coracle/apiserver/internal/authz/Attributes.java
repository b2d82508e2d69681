package dev.coracle.apiserver.internal.authz;

import dev.coracle.api.GroupResource;
import dev.coracle.api.Status;
import dev.coracle.api.StatusException;
import dev.coracle.api.StatusReason;
import dev.coracle.api.selector.FieldSelector;
import dev.coracle.api.selector.LabelSelector;
import dev.coracle.apiserver.UserInfo;

/**
 * What is to be decided: may this user do this?
 *
 * @param resourceRequest else only {@code verb} and {@code path} count
 * @param fieldSelector what a list, watch or deletecollection is limited to; everything where it is
 *     not limited, or where what was sent cannot be understood (KEP-4601)
 * @param labelSelector likewise
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
    FieldSelector fieldSelector,
    LabelSelector labelSelector) {

  public static Attributes resource(
      UserInfo user,
      String verb,
      String group,
      String resource,
      String subresource,
      String namespace,
      String name) {
    return new Attributes(
        user,
        true,
        verb,
        group,
        "*",
        resource,
        subresource,
        namespace,
        name,
        "",
        FieldSelector.EVERYTHING,
        LabelSelector.EVERYTHING);
  }

  public static Attributes path(UserInfo user, String verb, String path) {
    return new Attributes(
        user,
        false,
        verb,
        "",
        "",
        "",
        "",
        "",
        "",
        path,
        FieldSelector.EVERYTHING,
        LabelSelector.EVERYTHING);
  }

  public Attributes limitedTo(FieldSelector fields, LabelSelector labels) {
    return new Attributes(
        user,
        resourceRequest,
        verb,
        group,
        version,
        resource,
        subresource,
        namespace,
        name,
        path,
        fields,
        labels);
  }

  public Attributes ofVersion(String named) {
    return new Attributes(
        user,
        resourceRequest,
        verb,
        group,
        named,
        resource,
        subresource,
        namespace,
        name,
        path,
        fieldSelector,
        labelSelector);
  }

  /** {@code pods/log}. */
  public String resourceAndSubresource() {
    return subresource.isEmpty() ? resource : resource + "/" + subresource;
  }

  /**
   * @param reason of whoever decided, or empty
   */
  public StatusException forbidden(String reason) {
    String why = refusal() + (reason.isEmpty() ? "" : ": " + reason);
    if (!resourceRequest) {
      return StatusException.forbidden(new GroupResource("", ""), "", why);
    }
    GroupResource what = new GroupResource(group, resource);
    if (name.isEmpty()) {
      // Upstream prints no name for collections: pods is forbidden: …
      return new StatusException(
          Status.failure(StatusReason.FORBIDDEN, what + " is forbidden: " + why)
              .withDetails(what, ""));
    }
    return StatusException.forbidden(what, name, why);
  }

  /** Who cannot do what, without who said so. */
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
