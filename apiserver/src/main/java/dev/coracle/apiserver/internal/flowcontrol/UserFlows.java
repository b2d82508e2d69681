package dev.coracle.apiserver.internal.flowcontrol;

import dev.coracle.apiserver.UserInfo;
import java.util.function.Supplier;

/**
 * The flows of one user: only the schemas that name it are tried. Safe for any number of threads.
 */
public final class UserFlows {

  private record Known(FlowTable of, FlowTable own) {}

  private final UserInfo user;
  private final Supplier<FlowTable> all;
  private volatile Known known;

  UserFlows(UserInfo user, Supplier<FlowTable> all) {
    this.user = user;
    this.all = all;
    FlowTable now = all.get();
    this.known = new Known(now, now.of(user));
  }

  public Flow classify(FlowRequest request) {
    FlowTable now = all.get();
    Known mine = known;
    if (mine.of() != now) {
      mine = new Known(now, now.of(user));
      known = mine;
    }
    return mine.own().match(user, request);
  }
}
