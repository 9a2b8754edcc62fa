/** The names that a store goes by; the interface defines what users write. */
export {
  DEFAULT_TAG,
  DOCKER_HUB,
  isDigest,
  isDockerHub,
  isLoopback,
  parseTarget,
} from '../interface/places/image-reference.ts';
export type { LayoutTarget, RegistryTarget, Target } from '../interface/places/image-reference.ts';
