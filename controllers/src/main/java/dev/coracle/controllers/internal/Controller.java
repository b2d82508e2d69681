package dev.coracle.controllers.internal;

/**
 * One controller. Its constructor asks for informers and adds handlers; it begins to work with
 * {@link #start}, when they have synced. Everything runs on the environment's context.
 */
public interface Controller {

  /** As in upstream's list of controllers: {@code replicaset-controller}. */
  String name();

  void start();

  void stop();
}
