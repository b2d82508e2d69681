package dev.coracle.client;

import io.smallrye.mutiny.Uni;
import java.util.function.Supplier;

/**
 * A client whose answers come on a SerialContext, whichever thread the one below answers on, so
 * that what follows an answer may touch the context's state. Watches are left as they are.
 */
public final class ContextClient extends ForwardingClient {

  private final SerialContext context;

  public ContextClient(Client below, SerialContext context) {
    super(below);
    this.context = context;
  }

  @Override
  <T> Uni<T> ask(Supplier<Uni<T>> request) {
    return request.get().emitOn(context);
  }
}
