package dev.coracle.apiserver.internal.registry.kinds;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.apiserver.internal.authz.Authorizer;
import dev.coracle.apiserver.internal.registry.Backstage;
import dev.coracle.apiserver.internal.registry.Call;
import dev.coracle.apiserver.internal.registry.DeviceConversions;
import dev.coracle.apiserver.internal.registry.KindStrategy;
import dev.coracle.watchhub.ResourceStore;
import io.smallrye.mutiny.Uni;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * ResourceClaims: what drivers said of a device goes when the device is deallocated, so that
 * whoever deallocates needs to know nothing of it.
 */
public final class ResourceClaimStrategy implements KindStrategy {

  private final DeviceAdminAccess adminAccess;
  private final ClaimStatusAccess statusAccess;

  public ResourceClaimStrategy(ResourceStore store, Authorizer authorizer) {
    adminAccess = new DeviceAdminAccess(store);
    statusAccess = new ClaimStatusAccess(authorizer);
  }

  @Override
  public boolean returnsDeletedObject() {
    return true;
  }

  @Override
  public boolean tracksGeneration() {
    return false;
  }

  @Override
  public boolean statusKeepsMetadata() {
    return true;
  }

  @Override
  public Uni<Void> beginWrite(ObjectNode now, @Nullable KubeObject before, Call call) {
    if (before == null) {
      return adminAccess.ofRequests(DeviceConversions.nested(now).path("spec"), call);
    }
    return call.subresource().equals("status")
        ? adminAccess
            .ofResults(now, before.tree(), call)
            .chain(() -> statusAccess.check(now, before.tree(), call))
        : Backstage.DONE;
  }

  @Override
  public void prepareForUpdate(ObjectNode now, KubeObject before, Call call) {
    if (!call.subresource().equals("status")
        || !(now.path("status") instanceof ObjectNode status)
        || !(status.path("devices") instanceof ArrayNode devices)) {
      return;
    }
    Set<List<String>> gone = deallocated(now, before.tree());
    if (gone.isEmpty()) {
      return;
    }
    for (var i = devices.iterator(); i.hasNext(); ) {
      if (gone.contains(id(i.next()))) {
        i.remove();
      }
    }
    if (devices.isEmpty()) {
      status.remove("devices");
    }
  }

  /** The devices that a change of the status takes from the claim. */
  static Set<List<String>> deallocated(JsonNode now, JsonNode before) {
    Set<List<String>> gone = allocated(before);
    gone.removeAll(allocated(now));
    return gone;
  }

  private static Set<List<String>> allocated(JsonNode claim) {
    Set<List<String>> out = new HashSet<>();
    for (JsonNode result :
        claim.path("status").path("allocation").path("devices").path("results")) {
      out.add(id(result));
    }
    return out;
  }

  static List<String> id(JsonNode device) {
    return List.of(
        device.path("driver").asText(""),
        device.path("pool").asText(""),
        device.path("device").asText(""),
        device.path("shareID").asText(""));
  }
}
