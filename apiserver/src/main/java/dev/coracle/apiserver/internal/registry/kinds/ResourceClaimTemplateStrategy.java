package dev.coracle.apiserver.internal.registry.kinds;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.apiserver.internal.registry.Backstage;
import dev.coracle.apiserver.internal.registry.Call;
import dev.coracle.apiserver.internal.registry.DeviceConversions;
import dev.coracle.apiserver.internal.registry.KindStrategy;
import dev.coracle.watchhub.ResourceStore;
import io.smallrye.mutiny.Uni;
import org.jspecify.annotations.Nullable;

/** ResourceClaimTemplates, which never change, so only new ones are looked at. */
public final class ResourceClaimTemplateStrategy implements KindStrategy {

  private final DeviceAdminAccess adminAccess;

  public ResourceClaimTemplateStrategy(ResourceStore store) {
    adminAccess = new DeviceAdminAccess(store);
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
  public Uni<Void> beginWrite(ObjectNode now, @Nullable KubeObject before, Call call) {
    return before == null
        ? adminAccess.ofRequests(DeviceConversions.nested(now).path("spec").path("spec"), call)
        : Backstage.DONE;
  }
}
