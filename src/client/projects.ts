import { Buffer } from 'node:buffer';
import {
  anything,
  lineAnswer,
  type Project,
  projectAnswer,
  projectsPage,
  type Service,
  type Stage,
  servicesPage,
  stagesPage,
} from './answers.ts';
import type { ApiHttp } from './http.ts';
import type { Line } from './line.ts';
import { fetchAll } from './paging.ts';

const PROJECTS = ['controlPlane', 'v1', 'project'] as const;

/** Credentials of a project's Git upstream (Keptn 1.4.5). */
export interface GitCredentials {
  remoteURL: string;
  user?: string;
  https?: { token: string; insecureSkipTLS: boolean };
  ssh?: { privateKey: string; privateKeyPass?: string };
}

/** A project to be created. */
export interface NewProject {
  /** `[a-z][a-z0-9-]*[a-z0-9]`, at most 200 characters. */
  name: string;
  /** Text of shipyard.yaml. */
  shipyard: string;
  gitCredentials?: GitCredentials;
}

export async function createProject(http: ApiHttp, project: NewProject): Promise<void> {
  const body = { ...project, shipyard: Buffer.from(project.shipyard).toString('base64') };
  await http.send({ method: 'POST', path: PROJECTS, body, answer: anything });
}

export async function deleteProject(http: ApiHttp, name: string): Promise<void> {
  await http.send({ method: 'DELETE', path: [...PROJECTS, name], answer: anything });
}

export async function createService(http: ApiHttp, project: string, service: string): Promise<void> {
  const path = [...PROJECTS, project, 'service'];
  await http.send({ method: 'POST', path, body: { serviceName: service }, answer: anything });
}

export async function deleteService(http: ApiHttp, project: string, service: string): Promise<void> {
  await http.send({ method: 'DELETE', path: [...PROJECTS, project, 'service', service], answer: anything });
}

export function listProjects(http: ApiHttp): Promise<Project[]> {
  return fetchAll(http, { path: PROJECTS, answer: projectsPage }, (page) => page.projects);
}

export function readProject(http: ApiHttp, name: string): Promise<Project> {
  return http.send({ method: 'GET', path: [...PROJECTS, name], answer: projectAnswer });
}

export function listStages(http: ApiHttp, project: string): Promise<Stage[]> {
  return fetchAll(http, { path: [...PROJECTS, project, 'stage'], answer: stagesPage }, (page) => page.stages);
}

export function listServices(http: ApiHttp, project: string, stage: string): Promise<Service[]> {
  const path = [...PROJECTS, project, 'stage', stage, 'service'];
  return fetchAll(http, { path, answer: servicesPage }, (page) => page.services);
}

/** Stops or resumes the line of a project: whether anything new may start in it. */
export async function changeLine(
  http: ApiHttp,
  project: string,
  change: Pick<Line, 'state'> & { by?: string | undefined; reason?: string | undefined },
): Promise<Line> {
  const path = ['slipway', 'v1', 'project', project, 'line'];
  return http.send({ method: 'POST', path, body: change, answer: lineAnswer });
}
