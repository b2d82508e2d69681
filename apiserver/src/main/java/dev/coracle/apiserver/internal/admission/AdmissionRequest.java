package dev.coracle.apiserver.internal.admission;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupResource;
import dev.coracle.api.KubeObject;
import dev.coracle.apiserver.internal.registry.Call;
import org.jspecify.annotations.Nullable;

/**
 * A write on its way to the store.
 *
 * @param object the new object, mutable while it is admitted; null for a delete
 * @param before the object as it is; null for a create
 * @param options the delete's or connection's options as sent; null elsewhere
 */
public record AdmissionRequest(
    Call call,
    Operation operation,
    @Nullable ObjectNode object,
    @Nullable KubeObject before,
    @Nullable ObjectNode options,
    Reinvocation reinvocation,
    ShownVersions shown) {

  private static final GroupResource PODS = new GroupResource("", "pods");

  public AdmissionRequest(
      Call call,
      Operation operation,
      @Nullable ObjectNode object,
      @Nullable KubeObject before,
      @Nullable ObjectNode options) {
    this(call, operation, object, before, options, new Reinvocation(), new ShownVersions());
  }

  /** The same of an object that has got a name. */
  public AdmissionRequest named(String name) {
    return name.equals(call.name())
        ? this
        : new AdmissionRequest(
            call.named(name), operation, object, before, options, reinvocation, shown);
  }

  /** What is done to the object. */
  public enum Operation {
    CREATE,
    UPDATE,
    DELETE,
    CONNECT
  }

  /** The name in the object, else that of the request. */
  public String objectName() {
    String given = object == null ? "" : object.path("metadata").path("name").asText("");
    return given.isEmpty() ? call.name() : given;
  }

  /** An annotation of the event in the audit log. */
  public void annotate(String key, String value) {
    call.warnings().notes().note(key, value, false);
  }

  /** As {@link #annotate}, of something that shows contents of the object. */
  public void annotateDetail(String key, String value) {
    call.warnings().notes().note(key, value, true);
  }

  public GroupResource resource() {
    return call.type().groupResource();
  }

  /** Whether this concerns the object itself of this resource. */
  public boolean is(String group, String resource) {
    return call.subresource().isEmpty()
        && call.type().resource().resource().equals(resource)
        && call.type().resource().group().equals(group);
  }

  /** Whether a Pod as a whole is being created. */
  public boolean createsPod() {
    return operation == Operation.CREATE && object != null && is("", "pods");
  }

  /** Whether what a Pod's containers get is being changed. */
  public boolean resizesPod() {
    return operation == Operation.UPDATE && object != null && isOfPod("resize");
  }

  /** Whether this concerns this subresource of a Pod. */
  public boolean isOfPod(String subresource) {
    return resource().equals(PODS) && call.subresource().equals(subresource);
  }

  /** Whether a Pod as a whole is being changed. */
  public boolean updatesPod() {
    return operation == Operation.UPDATE && object != null && is("", "pods");
  }
}
