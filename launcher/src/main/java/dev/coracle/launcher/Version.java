package dev.coracle.launcher;

/** Which Coracle this is, and which Kubernetes it speaks. */
public final class Version {

  public static final String TEXT = "0.1.0";
  public static final String KUBERNETES = "v1.36.0";

  private Version() {}
}
